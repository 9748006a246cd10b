package io.ddict.bench.driver;

import io.ddict.bench.peers.Peers;
import io.ddict.bench.peers.Service;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;

/** Makes a store on the node that it runs on, tells its address in a line, and ends with its input. */
public final class ServiceMain {
    private ServiceMain() {}

    /** Runs until its standard input ends; arguments: the peer's name, the shape. */
    public static void main(String[] arguments) throws IOException {
        PrintStream answers = System.out;
        // What a library prints must not look like an answer.
        System.setOut(System.err);
        try (Service service =
                Peers.named(arguments[0]).start(ShapeText.parse(arguments[1]))) {
            service.awaitReady();
            answers.println(service.address());
            System.in.transferTo(OutputStream.nullOutputStream());
        }
        // A store's threads do not keep it.
        System.exit(0);
    }
}
