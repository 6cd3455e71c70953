-- What officers did, decided and signed is sealed with the ledger and the audit (031).
SELECT join_seal('dispositions'), join_seal('task_actions'), join_seal('hazard_actions'), join_seal('response_cards'),
       join_seal('rotas'), join_seal('shift_signatures'), join_seal('duty_journal');
