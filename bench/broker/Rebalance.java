// A group of MEMBERS consumers in one process: java Rebalance.java BOOTSTRAP TOPIC GROUP PROTOCOL MEMBERS.
// Prints milliseconds until all partitions are assigned over all members: after all have begun to join at once, after one more
// has joined, and after one has left.
import java.time.Duration;
import java.util.*;
import java.util.concurrent.*;
import java.util.concurrent.atomic.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

class Rebalance {
    static final Map<Integer, Set<TopicPartition>> owned = new ConcurrentHashMap<>();
    static final Map<Integer, AtomicBoolean> stops = new ConcurrentHashMap<>();
    static final ExecutorService threads = Executors.newCachedThreadPool();
    static String[] args;

    public static void main(String[] given) throws Exception {
        args = given;
        int members = Integer.parseInt(args[4]);
        int partitions;
        try (KafkaConsumer<byte[], byte[]> one = consumer("none", "classic")) {
            partitions = one.partitionsFor(args[1]).size();
        }
        long from = System.nanoTime();
        for (int i = 0; i < members; i++) start(i);
        double all = settled(partitions, members, from);
        Thread.sleep(3000);
        from = System.nanoTime();
        start(members);
        double joined = settled(partitions, members + 1, from);
        Thread.sleep(3000);
        from = System.nanoTime();
        stops.remove(members / 2).set(true);
        double left = settled(partitions, members, from);
        System.out.printf(Locale.ROOT, "%.0f %.0f %.0f%n", all, joined, left);
        Runtime.getRuntime().halt(0);
    }

    /** Every partition has one owner, and every member has some. */
    static double settled(int partitions, int members, long from) throws Exception {
        for (;;) {
            int count = 0, withSome = 0;
            Set<TopicPartition> different = new HashSet<>();
            for (Map.Entry<Integer, Set<TopicPartition>> one : owned.entrySet()) {
                if (!stops.containsKey(one.getKey())) continue;
                count += one.getValue().size();
                different.addAll(one.getValue());
                if (!one.getValue().isEmpty()) withSome++;
            }
            double ms = (System.nanoTime() - from) / 1e6;
            if (count == partitions && different.size() == partitions && withSome == members) return ms;
            if (ms > 120_000) throw new IllegalStateException("not settled: " + withSome + " of " + members + " have " + different.size());
            Thread.sleep(5);
        }
    }

    static KafkaConsumer<byte[], byte[]> consumer(String group, String protocol) {
        Properties settings = new Properties();
        settings.put("bootstrap.servers", args[0]);
        settings.put("group.id", group);
        settings.put("group.protocol", protocol);
        settings.put("enable.auto.commit", "false");
        return new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    static void start(int id) {
        AtomicBoolean stop = new AtomicBoolean();
        stops.put(id, stop);
        threads.submit(() -> {
            try (KafkaConsumer<byte[], byte[]> one = consumer(args[2], args[3])) {
                one.subscribe(List.of(args[1]), new ConsumerRebalanceListener() {
                    public void onPartitionsRevoked(Collection<TopicPartition> gone) { note(gone, false); }
                    public void onPartitionsAssigned(Collection<TopicPartition> come) { note(come, true); }
                    public void onPartitionsLost(Collection<TopicPartition> gone) { note(gone, false); }
                    void note(Collection<TopicPartition> changed, boolean come) {
                        Set<TopicPartition> now = new HashSet<>(owned.getOrDefault(id, Set.of()));
                        if (come) now.addAll(changed); else now.removeAll(changed);
                        owned.put(id, now);
                    }
                });
                while (!stop.get()) one.poll(Duration.ofMillis(100));
            } catch (Throwable error) { error.printStackTrace(); }
        });
    }
}
