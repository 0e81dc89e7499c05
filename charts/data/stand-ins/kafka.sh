# One Kafka with the topics, users and rights of kafka/, for a test cluster. Nobody from outside the
# pod reaches the listener without authentication.
set -eu
run() { java -Xmx256m -cp "/opt/kafka/libs/*" "$@"; }
local=localhost:9094

set -- format --cluster-id standinstandinstandin0 --config /etc/stand-in/server.properties --ignore-formatted
for user in $USERS; do
  eval "password=\$PASSWORD_$user"
  set -- "$@" --add-scram "SCRAM-SHA-512=[name=$user,password=$password]"
done
run kafka.tools.StorageTool "$@"

java -Xmx512m -cp "/opt/kafka/libs/*" kafka.Kafka /etc/stand-in/server.properties &
trap 'kill $!' TERM INT
until run org.apache.kafka.tools.TopicCommand --bootstrap-server $local --list; do sleep 1; done
while read -r topic partitions; do
  run org.apache.kafka.tools.TopicCommand --bootstrap-server $local --create --if-not-exists \
    --topic "$topic" --partitions "$partitions" --replication-factor 1
done < /etc/stand-in/topics
while read -r user rights; do
  # shellcheck disable=SC2086 # the rights are several words
  run org.apache.kafka.tools.AclCommand --bootstrap-server $local --add --allow-principal "User:$user" $rights
done < /etc/stand-in/rights
touch /tmp/ready
wait
