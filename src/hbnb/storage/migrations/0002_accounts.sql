-- Who may log in to the site, and who is logged in. Nothing here is a person's secret: sessions are kept as digests.

CREATE TABLE accounts (
    address VARCHAR(128) NOT NULL PRIMARY KEY,
    user_id VARCHAR(60) NOT NULL REFERENCES users (id) ON DELETE CASCADE
);
CREATE INDEX accounts_of_user ON accounts (user_id);

CREATE TABLE sessions (
    digest VARCHAR(64) NOT NULL PRIMARY KEY,
    user_id VARCHAR(60) NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    ends_at BIGINT NOT NULL
);
CREATE INDEX sessions_of_user ON sessions (user_id);
CREATE INDEX sessions_by_end ON sessions (ends_at);

CREATE TABLE attempts (
    subject VARCHAR(64) NOT NULL PRIMARY KEY,
    begun_at BIGINT NOT NULL,
    count BIGINT NOT NULL
);
CREATE INDEX attempts_by_begin ON attempts (begun_at);

CREATE TABLE site_keys (
    name VARCHAR(60) NOT NULL PRIMARY KEY,
    value VARCHAR(128) NOT NULL
);
