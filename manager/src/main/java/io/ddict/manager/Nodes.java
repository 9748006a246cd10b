package io.ddict.manager;

import io.ddict.client.node.NodeConnection;
import io.ddict.client.protocol.DictionaryLocation;
import io.ddict.client.protocol.MemberEntry;
import io.ddict.client.protocol.Seat;
import io.ddict.manager.cluster.Duties;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The node services of a cluster, and the dictionaries that they have together. Safe from any thread. */
interface Nodes extends AutoCloseable {
    /** This service's number in the cluster. */
    int self();

    /** The services that are alive, this one first. */
    List<MemberEntry> members();

    /** Where a manager of this service is. */
    Seat seat(String poolDirectory);

    /**
     * Chooses services for a dictionary.
     *
     * @return so many numbers, this service's first
     * @throws io.ddict.client.DDictException with status UNAVAILABLE if there are fewer
     */
    List<Integer> choose(int count);

    /**
     * This service's session with another.
     *
     * @throws io.ddict.client.ManagerLostException if that has ended
     */
    NodeConnection connection(int member);

    /** Whether a service of a number is alive. */
    boolean isAlive(int member);

    /**
     * Lets all services know a dictionary.
     *
     * @throws IllegalArgumentException if there is one of the name
     */
    void enter(DictionaryLocation location);

    /** Lets all services forget a dictionary. */
    void remove(String name);

    /** Where a dictionary is that some service has, or null. */
    @Nullable DictionaryLocation find(String name);

    /** Names of the dictionaries of all services. */
    List<String> names();

    /** Whether this service belongs to the cluster by its own clock; if not, others may own what it owned. */
    boolean holdsLease();

    /**
     * Sets who does what the cluster wants of this service; it is told of the lease as it is now, which is
     * {@link io.ddict.store.pool.PoolStatus#NO_LEASE} where nobody else can own anything.
     */
    void serve(Duties duties);

    /** Tells the others that this service ends, which they would otherwise notice some seconds later. */
    void leave();

    /** Ends this service's part, without a word: as when all end at once. */
    @Override
    void close();
}
