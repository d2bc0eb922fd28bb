-- Who may log in to the site, and who is logged in. Nothing here is a person's secret: sessions are kept as digests.

CREATE TABLE IF NOT EXISTS accounts (
    address VARCHAR(128) NOT NULL,
    user_id VARCHAR(60) NOT NULL,
    PRIMARY KEY (address),
    INDEX accounts_of_user (user_id),
    FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE TABLE IF NOT EXISTS sessions (
    digest VARCHAR(64) NOT NULL,
    user_id VARCHAR(60) NOT NULL,
    ends_at BIGINT NOT NULL,
    PRIMARY KEY (digest),
    INDEX sessions_of_user (user_id),
    INDEX sessions_by_end (ends_at),
    FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE TABLE IF NOT EXISTS attempts (
    subject VARCHAR(64) NOT NULL,
    begun_at BIGINT NOT NULL,
    count BIGINT NOT NULL,
    PRIMARY KEY (subject),
    INDEX attempts_by_begin (begun_at)
);

CREATE TABLE IF NOT EXISTS site_keys (
    name VARCHAR(60) NOT NULL,
    value VARCHAR(128) NOT NULL,
    PRIMARY KEY (name)
);
