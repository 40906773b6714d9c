// Transactions of 100 records of 100 bytes, one after another in each of PRODUCERS threads, for so long:
// java Transactions.java BOOTSTRAP TOPIC PRODUCERS SECONDS. Prints transactions a second and milliseconds of the middle one and the 99th of 100.
import java.util.*;
import java.util.concurrent.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.errors.InvalidTxnStateException;
import org.apache.kafka.common.serialization.ByteArraySerializer;

class Transactions {
    static final int RECORDS = 100, WARM_UP_MS = 3000;

    public static void main(String[] args) throws Exception {
        int producers = Integer.parseInt(args[2]);
        long lastMs = WARM_UP_MS + 1000L * Integer.parseInt(args[3]);
        List<Double> took = Collections.synchronizedList(new ArrayList<>());
        ExecutorService threads = Executors.newFixedThreadPool(producers);
        List<Future<?>> running = new ArrayList<>();
        for (int i = 0; i < producers; i++) {
            String id = args[1] + "-" + i;
            running.add(threads.submit(() -> { run(args[0], args[1], id, lastMs, took); return null; }));
        }
        for (Future<?> one : running) one.get();
        threads.shutdown();
        Collections.sort(took);
        double rate = 1000.0 * took.size() / (lastMs - WARM_UP_MS);
        System.out.printf(Locale.ROOT, "%.3f %.3f %.3f%n", rate, took.get(took.size() / 2), took.get(took.size() * 99 / 100));
    }

    /** A client that ends a transaction before its records were sent (it may, where it is not given the processor) begins anew. */
    static void run(String bootstrap, String topic, String id, long lastMs, List<Double> took) {
        Properties settings = new Properties();
        settings.put("bootstrap.servers", bootstrap);
        settings.put("transactional.id", id);
        settings.put("linger.ms", "0");
        byte[] value = new byte[100];
        long began = System.nanoTime();
        while ((System.nanoTime() - began) / 1_000_000 < lastMs) {
            try (Producer<byte[], byte[]> producer = new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer())) {
                producer.initTransactions();
                for (;;) {
                    long from = System.nanoTime();
                    if ((from - began) / 1_000_000 >= lastMs) return;
                    producer.beginTransaction();
                    for (int i = 0; i < RECORDS; i++) producer.send(new ProducerRecord<>(topic, value));
                    producer.commitTransaction();
                    if ((from - began) / 1_000_000 >= WARM_UP_MS) took.add((System.nanoTime() - from) / 1e6);
                }
            } catch (InvalidTxnStateException again) {
                System.err.println(id + ": " + again);
            }
        }
    }
}
