# One Kafka with the topics, users and rights of kafka/, for a test cluster. From outside the pod
# nobody reaches it without authentication.
set -eu
here=/etc/ephemeral
fast="-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -XX:+AutoCreateSharedArchive -XX:SharedArchiveFile=/tmp/classes"
admin="java -Xmx128m $fast -cp /opt/kafka/libs/*"
set -f # the star above is Java's

set -- format --cluster-id standinstandinstandin0 --config $here/server.properties --ignore-formatted
for user in $USERS; do
  eval "password=\$PASSWORD_$user"
  set -- "$@" --add-scram "SCRAM-SHA-512=[name=$user,password=$password]"
done
$admin kafka.tools.StorageTool "$@"

java -Xmx512m -cp "/opt/kafka/libs/*" kafka.Kafka $here/server.properties &
trap 'kill $!' TERM INT
tools=org.apache.kafka.tools server="--bootstrap-server localhost:9094"
create="$tools.TopicCommand $server --create --if-not-exists --replication-factor 1"
until xargs -P 2 -L 1 $admin $create < $here/topics; do sleep 1; done
until xargs -P 2 -L 1 $admin $tools.AclCommand $server --add < $here/rights; do sleep 1; done
touch /tmp/ready
wait
