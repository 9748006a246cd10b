package io.ddict.bench.peers;

import java.io.IOException;

/** A process that starts a peer's service, says so, and holds it until its standard input ends. */
final class ServiceHolder {
    private ServiceHolder() {}

    /** Argument: the peer's name. */
    public static void main(String[] arguments) throws IOException {
        Service service = Peers.named(arguments[0]).start(ContractClient.shape(Long.BYTES));
        System.out.println("started " + service.address());
        while (System.in.read() >= 0) {
            // Whatever it is.
        }
    }
}
