# One PostgreSQL with a database and a role per service, for a test cluster. A role reaches the
# database of its own name and no other, as in the real cluster.
set -eu
PATH=$(ls -d /usr/lib/postgresql/*/bin):$PATH
data=/data/postgres

[ -s $data/PG_VERSION ] || initdb --pgdata $data --username postgres --auth-local trust --auth-host reject
printf '%s\n' 'local all all trust' 'host sameuser all all scram-sha-256' > $data/pg_hba.conf
postgres -D $data -c max_connections="$MAX_CONNECTIONS" \
  -c log_error_verbosity=terse -c listen_addresses='*' -c unix_socket_directories=/tmp &
trap 'kill -INT $!' TERM INT
until pg_isready --quiet --host /tmp --username postgres; do sleep 0.2; done
for user in $USERS; do
  eval "password=\$PASSWORD_$user"
  psql --quiet --host /tmp --username postgres --set user="$user" --set password="$password" \
    --set limit="$CONNECTIONS" <<'SQL'
SELECT format('CREATE ROLE %I LOGIN PASSWORD %L', :'user', :'password')
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'user') \gexec
SELECT format('CREATE DATABASE %I OWNER %I', :'user', :'user')
 WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'user') \gexec
ALTER ROLE :"user" CONNECTION LIMIT :limit;
SQL
done
touch /tmp/ready
wait
