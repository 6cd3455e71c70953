CALL protect_by_subject('subject_identities');
