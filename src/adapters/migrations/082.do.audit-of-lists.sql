-- A list that shows evidence or positions of many leaves one entry, with the ids of those shown in its detail: found by each of them.
CREATE INDEX audit_of_shown ON audit USING gin ((detail -> 'subjects')) WHERE detail ? 'subjects';
