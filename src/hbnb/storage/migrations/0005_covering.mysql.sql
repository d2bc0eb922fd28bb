-- InnoDB's indexes hold the primary key anyway.

DO 0;
