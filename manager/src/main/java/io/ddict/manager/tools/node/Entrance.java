package io.ddict.manager.tools.node;

import static io.ddict.client.DDictException.Status.UNAVAILABLE;

import io.ddict.client.DDictException;
import io.ddict.client.node.ControlClient;
import io.ddict.client.node.SecretSocket;
import io.ddict.client.protocol.ClusterSecret;
import io.ddict.client.protocol.ConnectionKind;
import io.ddict.client.protocol.Handshake.Refusal;
import io.ddict.client.protocol.NodeAddress;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/*
 * Who starts services by his own means gives all of them the same list of addresses. A service asks at each
 * of them, a name that means several machines standing for all of those, and joins by the first that belongs
 * to the cluster. As long as there is none, all wait, but for the one that the list begins with: it
 * founds the cluster if it may, once it is known that nobody else has it.
 *
 * That is known where each address was answered for, by a machine that has no service there
 * ("connection refused"), or by a service that is about to join as well. Silence is no answer: behind
 * a network that is cut there may be a cluster, and two of the same name would each have half of the
 * data. Nor is a name that means nothing, which may be a name service that is down. So a first
 * machine that is started again while the others live joins those; where it cannot tell it gives up,
 * and a person or a supervisor starts it again.
 */

/** Finds a member of a cluster to join by, or that there is no cluster. */
public final class Entrance {
    private static final Duration ATTEMPT = Duration.ofSeconds(2);
    private static final Duration ROUND_PAUSE = Duration.ofMillis(200);

    // All said no for that long: longer than a service takes from its start until it listens.
    private static final Duration ALONE = Duration.ofSeconds(3);

    // Of no meaning to a member, which answers all the same.
    private static final byte[] QUESTION = new byte[0];

    private final String cluster;
    private final ClusterSecret secret;
    private final NodeAddress own;
    private final List<NodeAddress> others;
    private final boolean mayFound;

    /** What is known of an address. */
    private enum Finding {
        MEMBER, ABSENT, WAITING, UNKNOWN
    }

    /** An address, and what became of asking there. */
    private record Answer(NodeAddress address, Finding finding, String text) {}

    /** All answers of a round, and whether the first address is this service's own. */
    private record Round(List<Answer> answers, boolean isFirst) {
        boolean has(Finding finding) {
            return answers.stream().anyMatch(each -> each.finding == finding);
        }
    }

    /**
     * Asks nobody yet.
     *
     * @param own where this service is to listen
     * @param others where to ask; each host may be a name of several machines, this one among them
     * @param mayFound whether this service may found the cluster if its own address is the first of
     *     the others
     */
    public Entrance(
            String cluster, ClusterSecret secret, NodeAddress own, List<NodeAddress> others,
            boolean mayFound) {
        if (others.isEmpty()) {
            throw new IllegalArgumentException("no address to join at");
        }
        this.cluster = cluster;
        this.secret = secret;
        this.own = own;
        this.others = List.copyOf(others);
        this.mayFound = mayFound;
    }

    /**
     * Asks until a member is found, or it is known that there is none and this service may found the cluster.
     * Its own name means something by then.
     *
     * @return where a member listens; null to found
     * @throws DDictException with status UNAVAILABLE if none was found within the timeout; at once if one
     *     refuses the secret, or is of another cluster or version
     */
    public @Nullable NodeAddress find(Duration timeout) throws InterruptedException {
        long startNs = System.nanoTime();
        long aloneNs = startNs;
        while (true) {
            Round round = askAll();
            for (Answer each : round.answers) {
                if (each.finding == Finding.MEMBER) {
                    return each.address;
                }
            }
            long nowNs = System.nanoTime();
            if (!round.isFirst || round.has(Finding.UNKNOWN)) {
                aloneNs = nowNs;
            } else if (mayFound && nowNs - aloneNs >= ALONE.toNanos()) {
                return null;
            }
            if (nowNs - startNs >= timeout.toNanos()) {
                throw notFound(round, timeout);
            }
            Thread.sleep(ROUND_PAUSE);
        }
    }

    private DDictException notFound(Round round, Duration timeout) {
        String last = String.join(
                ", ", round.answers.stream().map(each -> each.address + " " + each.text).toList());
        return new DDictException(
                UNAVAILABLE,
                "no member of the cluster was found to join by: cluster=" + cluster + ", timeout="
                        + timeout.toSeconds() + "s, last=[" + last + "]; "
                        + (mayFound
                                ? "only the first address founds a cluster, and only where each other"
                                        + " one answers that it has none"
                                : "start the first service, or check the addresses"));
    }

    private Round askAll() {
        List<Answer> answers = new ArrayList<>();
        List<NodeAddress> here = machines(own, answers);
        boolean isFirst = false;
        for (NodeAddress each : here.isEmpty() ? List.<NodeAddress>of() : others) {
            List<NodeAddress> machines = machines(each, answers);
            if (each.equals(others.getFirst())) {
                isFirst = !machines.isEmpty() && here.containsAll(machines);
            }
            machines.stream()
                    .filter(machine -> !here.contains(machine))
                    .forEach(machine -> answers.add(ask(machine)));
        }
        return new Round(answers, isFirst);
    }

    /** None if the name means nothing, which is an answer then. */
    private static List<NodeAddress> machines(NodeAddress named, List<Answer> answers) {
        try {
            return Stream.of(InetAddress.getAllByName(named.host()))
                    .map(each -> new NodeAddress(each.getHostAddress(), named.port()))
                    .toList();
        } catch (UnknownHostException e) {
            answers.add(new Answer(named, Finding.UNKNOWN, "(name means nothing here)"));
            return List.of();
        }
    }

    private Answer ask(NodeAddress machine) {
        try {
            SecretSocket.open(cluster, machine, secret, ConnectionKind.CONTROL, ATTEMPT).close();
        } catch (DDictException e) {
            return notReached(machine, e);
        } catch (IOException e) {
            return new Answer(machine, Finding.UNKNOWN, "(" + e + ")");
        }
        try (ControlClient control = new ControlClient(cluster, machine, secret)) {
            byte[] _ = control.call(QUESTION, ATTEMPT);
            return new Answer(machine, Finding.MEMBER, "(member)");
        } catch (DDictException e) {
            // It said that it has no control group yet, or it said nothing.
            boolean isAnswer = e.getClass().equals(DDictException.class) && e.getCause() == null;
            return isAnswer
                    ? new Answer(machine, Finding.WAITING, "(waits to join as well)")
                    : new Answer(machine, Finding.UNKNOWN, "(does not answer)");
        }
    }

    private static Answer notReached(NodeAddress machine, DDictException e) {
        String text = String.valueOf(e.getMessage());
        if (Refusal.isLasting(text)) {
            throw e;
        }
        // Within the time of an attempt there is no other reason for it than that nobody listens.
        if (e.getCause() instanceof ConnectException) {
            return new Answer(machine, Finding.ABSENT, "(nobody listens)");
        }
        return new Answer(
                machine, Finding.UNKNOWN,
                "(" + (e.getCause() == null ? text : e.getCause()) + ")");
    }
}
