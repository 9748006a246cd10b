package io.ddict.bench.driver;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.ddict.bench.nodes.Child;
import io.ddict.bench.nodes.Place;
import io.ddict.bench.peers.Peer;
import io.ddict.bench.peers.Service;
import io.ddict.bench.peers.Shape;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;

/** A service on another node: what {@link ServiceMain} made there. One thread. */
final class DistantService implements Service {
    private final Child child;
    private final String address;

    private DistantService(Child child, String address) {
        this.child = child;
        this.address = address;
    }

    /**
     * Makes one; its memory is there when this returns.
     *
     * @throws IOException if the node could not
     */
    static DistantService start(Place place, Peer peer, Shape shape) throws IOException {
        Child child = place.startService(ServiceMain.class, peer.name(), ShapeText.of(shape));
        // Whatever goes wrong there ends it, and so this line.
        BufferedReader lines = new BufferedReader(new InputStreamReader(child.output(), UTF_8));
        String address = lines.readLine();
        if (address == null) {
            child.close();
            throw new IOException("no store on another node: peer=" + peer.name() + ", host="
                    + child.host() + "; its errors are above");
        }
        return new DistantService(child, address);
    }

    @Override
    public String address() {
        return address;
    }

    @Override
    public void close() {
        child.close();
    }
}
