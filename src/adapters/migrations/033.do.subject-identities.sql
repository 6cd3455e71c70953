-- Identity numbers, encrypted: the key is not in the database (IDENTITY_KEYS). The mask is what lists show.
CREATE TABLE subject_identities (
  subject text PRIMARY KEY REFERENCES subjects (id) ON DELETE CASCADE,
  key_id  text NOT NULL,
  sealed  bytea NOT NULL,               -- nonce (12), ciphertext, tag (16): AES-256-GCM with the subject's id as additional data
  mask    text NOT NULL,
  set_by  text NOT NULL,
  set_at  timestamptz NOT NULL
);
