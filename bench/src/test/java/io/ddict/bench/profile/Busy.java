package io.ddict.bench.profile;

/** A process that spends its time in one method, until its input ends. */
final class Busy {
    static volatile long spent;

    private Busy() {}

    public static void main(String[] arguments) throws java.io.IOException {
        Thread worker = new Thread(() -> {
            while (true) {
                beBusy();
            }
        });
        worker.setDaemon(true);
        worker.start();
        System.out.println("busy");
        while (System.in.read() >= 0) {
            // Until whoever started this closes the pipe, or ends.
        }
    }

    static void beBusy() {
        long sum = spent;
        for (int i = 0; i < 1000; i++) {
            sum += Long.bitCount(sum + i);
        }
        spent = sum;
    }
}
