package io.ddict.manager.tools;

import io.ddict.client.DDictException;
import io.ddict.client.protocol.ClusterSecret;
import io.ddict.client.protocol.NodeAddress;
import io.ddict.client.protocol.TlsSettings;
import io.ddict.client.wire.TlsContext;
import io.ddict.manager.ListenOptions;
import io.ddict.manager.NodeService;
import io.ddict.manager.tools.node.Entrance;
import io.ddict.manager.tools.node.LeaseFile;
import io.ddict.manager.tools.node.StopSignals;
import java.io.IOException;
import java.security.Security;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

@Command(
        name = "node",
        description = {
            "Runs a node service in the foreground, which founds a cluster, or joins one on other machines:"
                    + " for who starts services by means of his own. Prints a line that begins with"
                    + " \"ready\" once it belongs to the cluster.",
            "All services of a cluster need its secret: the file that DDICT_SECRET_FILE names, mode 0600. A"
                    + " service that founds draws one if there is none.",
            "Connections are encrypted if DDICT_TLS_CERTIFICATE, DDICT_TLS_KEY and DDICT_TLS_TRUST name files"
                    + " in PEM: at all services and clients, or at none.",
            "SIGTERM and SIGINT end it; it tells the others that it leaves."})
final class NodeCommand implements Callable<Integer> {
    // Ten leases: then the others have either answered, or have gone on without it.
    private static final Duration LEASE_LOST_TIMEOUT = Duration.ofMinutes(2);
    private static final int ANY_PORT = 0;

    // Where machines come and go, a name means another address soon. In seconds.
    private static final String NAME_KEPT = "5";
    private static final String NO_NAME_KEPT = "1";

    @Option(
            names = "--cluster",
            paramLabel = "NAME",
            description = "Name of the cluster; ${DEFAULT-VALUE} unless given.")
    private String cluster = Address.DEFAULT;

    @Option(
            names = "--listen",
            required = true,
            paramLabel = "HOST[:PORT]",
            description = "Where to listen: a name or an address by which the other machines reach this"
                    + " one. Any free port unless given.")
    @SuppressWarnings("NullAway.Init")
    private String listen;

    @Option(
            names = "--join",
            split = ",",
            paramLabel = "HOST:PORT",
            description = "Where other services of the cluster listen, with commas between; one that"
                    + " answers is enough. A name may stand for several machines. Founds a cluster unless"
                    + " given.")
    private List<String> join = List.of();

    @Option(
            names = "--join-timeout",
            paramLabel = "SECONDS",
            description = "How long to wait for one that answers; ${DEFAULT-VALUE} unless given.")
    private int joinTimeoutSeconds = 60;

    @Option(
            names = "--found-if-alone",
            description = "If the first address of --join is this service's own (--listen), found the cluster"
                    + " once every other address has answered that it has none.")
    private boolean foundIfAlone;

    @ParentCommand
    @SuppressWarnings("NullAway.Init")
    private Main main;

    @Override
    public Integer call() throws IOException, InterruptedException {
        NodeAddress own = NodeAddress.parse(listen, ANY_PORT);
        List<NodeAddress> others = join.stream().map(NodeAddress::parse).toList();
        check(own, others);
        TlsSettings tls = TlsSettings.ofProcess();
        if (tls != null) {
            TlsContext _ = TlsContext.ofService(tls);
        }
        Security.setProperty("networkaddress.cache.ttl", NAME_KEPT);
        Security.setProperty("networkaddress.cache.negative.ttl", NO_NAME_KEPT);
        try (StopSignals signals = new StopSignals()) {
            return run(own, others, signals);
        }
    }

    private int run(NodeAddress own, List<NodeAddress> others, StopSignals signals)
            throws IOException, InterruptedException {
        try (NodeService service = start(own, others)) {
            signals.to(service);
            main.terminal().out().println("ready: cluster=" + cluster + ", address="
                    + service.address() + ", processId=" + ProcessHandle.current().pid()
                    + ", nodes=" + service.hosts().size());
            if (new LeaseFile(service).keepUntilStop(LEASE_LOST_TIMEOUT)) {
                return ExitCodes.OK;
            }
        } catch (InterruptedException | DDictException e) {
            if (signals.wasTold()) {
                return ExitCodes.OK;
            }
            throw e;
        }
        main.terminal().err().println("ddict: lease lost: cluster=" + cluster + ", waited="
                + LEASE_LOST_TIMEOUT.toSeconds() + "s; the others cannot be reached, or took this"
                + " service for dead");
        return ExitCodes.MANAGER_LOST;
    }

    private void check(NodeAddress own, List<NodeAddress> others) {
        if (joinTimeoutSeconds < 0) {
            throw new IllegalArgumentException(
                    "join timeout is negative: joinTimeout=" + joinTimeoutSeconds + "s");
        }
        if (own.host().equals("0.0.0.0") || own.host().equals("::")) {
            throw new IllegalArgumentException(
                    "others cannot reach this address: listen=" + own
                            + "; give the name or address of this machine");
        }
        if (foundIfAlone && others.isEmpty()) {
            throw new IllegalArgumentException(
                    "--found-if-alone without --join: without --join a cluster is founded anyway");
        }
    }

    private NodeService start(NodeAddress own, List<NodeAddress> others)
            throws IOException, InterruptedException {
        if (others.isEmpty()) {
            return NodeService.start(cluster, ListenOptions.at(own));
        }
        ClusterSecret secret = ClusterSecret.ofCluster(cluster);
        Entrance entrance = new Entrance(cluster, secret, own, others, foundIfAlone);
        long endNs = System.nanoTime() + Duration.ofSeconds(joinTimeoutSeconds).toNanos();
        while (true) {
            Duration left = Duration.ofNanos(Math.max(0, endNs - System.nanoTime()));
            NodeAddress member = entrance.find(left);
            try {
                return NodeService.start(cluster, ListenOptions.at(own).joining(member, secret));
            } catch (DDictException e) {
                // That one may have been about to leave; another may be there.
                if (System.nanoTime() >= endNs || Thread.currentThread().isInterrupted()) {
                    throw e;
                }
            }
        }
    }
}
