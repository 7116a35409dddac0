-- Run once, by the PostgreSQL image, when the database is first made; psql reads the passwords from the
-- environment. One role owns every schema and runs the migrations; each service has a role that reads and
-- writes its own schema, reads the API keys in `access`, and sees nothing of the others.

\set ON_ERROR_STOP on
\getenv owner_password SOCLE_OWNER_PASSWORD
\getenv catalog_password SOCLE_CATALOG_PASSWORD
\getenv directory_password SOCLE_DIRECTORY_PASSWORD
\getenv validation_password SOCLE_VALIDATION_PASSWORD

CREATE ROLE socle_owner LOGIN PASSWORD :'owner_password';
CREATE ROLE socle_catalog LOGIN PASSWORD :'catalog_password';
CREATE ROLE socle_directory LOGIN PASSWORD :'directory_password';
CREATE ROLE socle_validation LOGIN PASSWORD :'validation_password';

SELECT current_database() AS database \gset
REVOKE ALL ON DATABASE :"database" FROM PUBLIC;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT CREATE, CONNECT ON DATABASE :"database" TO socle_owner;
GRANT CONNECT ON DATABASE :"database" TO socle_catalog, socle_directory, socle_validation;

CREATE SCHEMA access AUTHORIZATION socle_owner;
CREATE SCHEMA catalog AUTHORIZATION socle_owner;
CREATE SCHEMA directory AUTHORIZATION socle_owner;
CREATE SCHEMA validation AUTHORIZATION socle_owner;

GRANT USAGE ON SCHEMA access TO socle_catalog, socle_directory, socle_validation;
GRANT USAGE ON SCHEMA catalog TO socle_catalog;
GRANT USAGE ON SCHEMA directory TO socle_directory;
GRANT USAGE ON SCHEMA validation TO socle_validation;

-- What the migrations make later.
ALTER DEFAULT PRIVILEGES FOR ROLE socle_owner IN SCHEMA access
  GRANT SELECT ON TABLES TO socle_catalog, socle_directory, socle_validation;
ALTER DEFAULT PRIVILEGES FOR ROLE socle_owner IN SCHEMA catalog
  GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO socle_catalog;
ALTER DEFAULT PRIVILEGES FOR ROLE socle_owner IN SCHEMA catalog
  GRANT USAGE ON SEQUENCES TO socle_catalog;
ALTER DEFAULT PRIVILEGES FOR ROLE socle_owner IN SCHEMA directory
  GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO socle_directory;
ALTER DEFAULT PRIVILEGES FOR ROLE socle_owner IN SCHEMA directory
  GRANT USAGE ON SEQUENCES TO socle_directory;
ALTER DEFAULT PRIVILEGES FOR ROLE socle_owner IN SCHEMA validation
  GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO socle_validation;
ALTER DEFAULT PRIVILEGES FOR ROLE socle_owner IN SCHEMA validation
  GRANT USAGE ON SEQUENCES TO socle_validation;
