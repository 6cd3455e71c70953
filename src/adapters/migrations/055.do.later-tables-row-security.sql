-- Row-level security (011) over the tables that came beside it: terminals, the operator's phones, audit, holds, casework.
CALL protect_by_office('terminals');
CALL protect_by_subject('terminal_pins');
CALL protect_by_subject('mlp_phones');
CALL protect_by_subject('legal_holds');
CALL protect_by_subject('positions_held');
-- What a terminal said of no one subject is its office's.
DROP POLICY within_reach ON device_messages;
CREATE POLICY within_reach ON device_messages USING ((SELECT sees_everything())
  OR EXISTS (SELECT FROM subjects s WHERE s.id = device_messages.subject) OR (subject = '' AND sees_office(office)));
DROP POLICY within_reach ON device_commands;
CREATE POLICY within_reach ON device_commands USING ((SELECT sees_everything())
  OR EXISTS (SELECT FROM subjects s WHERE s.id = device_commands.subject)
  OR (subject = '' AND EXISTS (SELECT FROM terminals t WHERE t.id = device_commands.device)));

-- Everybody's deeds are written; read by those over the office that they are about, or over the actor's own.
CREATE PROCEDURE protect_reading(of regclass, condition text) LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', of);
  EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', of);
  EXECUTE format('CREATE POLICY within_reach ON %s USING (%s) WITH CHECK (true)', of, condition);
END $$;
CALL protect_reading('audit', $$(SELECT sees_whole_tree() AND sees_minors())
  OR (sees_office(coalesce(office, organisation, '')) AND ((SELECT sees_minors()) OR subject IS NULL OR NOT is_minor(subject)))$$);
CALL protect_reading('notice_outbox', '(SELECT sees_everything())');
CALL protect_reading('incidents', '(SELECT sees_everything()) OR EXISTS (SELECT FROM alerts a WHERE a.incident = incidents.id)');

-- A feed's own alert has no office: those over the whole tree decide about it.
CALL protect('dispositions', $$sees_office(coalesce(office, '')) AND ((SELECT sees_minors()) OR NOT is_minor(subject))$$);
CALL protect('shelvings', $$sees_office(coalesce(office, '')) AND ((SELECT sees_minors()) OR NOT is_minor(subject))$$);
CALL protect('shelved_alerts', 'EXISTS (SELECT FROM alerts a WHERE a.alert = shelved_alerts.alert)');
-- An office from which the subject has moved is still told where its task went.
CALL protect('tasks', $$(sees_office(office) OR EXISTS (SELECT FROM unnest(past_offices) past WHERE sees_office(past)))
  AND ((SELECT sees_minors()) OR NOT is_minor(subject))$$);
CALL protect('task_actions', 'EXISTS (SELECT FROM tasks t WHERE t.id = task_actions.task)');
CALL protect('task_files', 'EXISTS (SELECT FROM tasks t WHERE t.id = task_files.task)');
CALL protect_by_office('hazards');
CALL protect('hazard_actions', 'EXISTS (SELECT FROM hazards h WHERE h.id = hazard_actions.hazard)');
CALL protect_by_office('shifts', 'organisation');
CALL protect_reading('shift_signatures', 'EXISTS (SELECT FROM shifts s WHERE s.id = shift_signatures.shift)');
-- Cards and the rota of an organisation hold for all below it, who must read them; they name nobody.
CALL protect_reading('response_cards', $$(SELECT sees_office('') IS NOT NULL)$$);
CALL protect_reading('rotas', $$(SELECT sees_office('') IS NOT NULL)$$);
CALL protect_by_office('duty_journal', 'organisation');
CALL protect_by_office('check_draws', 'organisation');
CALL protect_by_office('spot_checks');
-- The view would else be read with its owner's eyes.
ALTER VIEW confirmed_violations SET (security_invoker = true);
