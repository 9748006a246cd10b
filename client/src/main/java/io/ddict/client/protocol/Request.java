package io.ddict.client.protocol;

/** Kinds of request to a node service; append only. */
public enum Request {
    /** Who are you: answered by the protocol's version, the process id and the cluster's name. */
    HELLO,
    /** Make a dictionary, see {@link DictionaryOrder}; answered as ATTACH is. */
    CREATE,
    /**
     * Tell where a dictionary is: its name, the number of this service in the cluster, a {@link Seat} for
     * each manager, the placement, and whether it was kept by an earlier service.
     */
    ATTACH,
    /** Make a link to one manager of a dictionary; answered by its id. */
    LINK,
    /** End a link. */
    UNLINK,
    /** End a dictionary, and its memory unless that is to be kept. */
    DESTROY,
    /** Names of the dictionaries. */
    LIST,
    /** End the service. */
    STOP,
    /** Make a dictionary read-only; answered when nothing changes any more. */
    FREEZE,
    /** Make a dictionary writable again. */
    UNFREEZE,
    /** Persist a checkpoint of a dictionary; answered when it lasts. */
    PERSIST,
    /** Checkpoints of a dictionary that are persisted. */
    PERSISTED,
    /** Replace what a dictionary holds by a persisted checkpoint. */
    RESTORE,
    /** Show the next persisted checkpoint of a read-only dictionary; answered by its number. */
    ADVANCE,
    /** Start a process, see {@link ProcessOrder}; answered by its {@link ProcessEntry}. */
    PROCESS_START,
    /**
     * Find a process by a number, or by a name if that is negative, and push its end under a key of the
     * client's; answered by whether there is one, and its {@link ProcessEntry}.
     */
    PROCESS_FIND,
    /** Processes that run, and those that ended last. */
    PROCESS_LIST,
    /** Send a signal to a process; answered by whether it ran. */
    PROCESS_SIGNAL,
    /** Write to the standard input of a process, or end it; answered when that is done. */
    PROCESS_INPUT,
    /** Acknowledge what a process wrote: its number, the stream, how many bytes. */
    PROCESS_CREDIT,
    /** Asked by a Java process: what it is to do. */
    PROCESS_TASK,
    /** Told by a Java process: its result, or why it failed. */
    PROCESS_REPORT,
    /** What this node has; answered by {@link NodeFacts}. */
    NODE,
    /**
     * Serve the ranks of an MPI group that are on this node: the client's key of it, and a {@link
     * RanksOrder}; processes that are ordered as its ranks come afterwards.
     */
    RANKS_OPEN,
    /** Serve them no more. */
    RANKS_CLOSE,
    /**
     * Do what follows, a request that concerns a dictionary, for this service's part of it alone: asked by
     * the service that the dictionary was made by.
     */
    PART,
    /** Read a persisted checkpoint of a dictionary to its end, which is to be restored. */
    BEGIN_RESTORE,
    /** The node services of the cluster that are alive, a {@link MemberEntry} each, this one first. */
    MEMBERS,
    /**
     * What the managers of a dictionary count that are on this service's node: how many, and the number and
     * {@link ManagerFigures} of each. Read from their files, so that no manager is asked.
     */
    FIGURES,
    /** Walk the pools of a dictionary that are on this service's node; answered by what was found. */
    VERIFY,
    /** What this service has counted of connections from other machines: {@link ConnectionFigures}. */
    CONNECTIONS,
    /** Replace what a dictionary holds by the checkpoint that was read, and refuse its clients. */
    LOAD_RESTORED,
    /** Let clients see what was loaded, or nothing. */
    END_RESTORE,
    /**
     * Where on this node a {@link ClassPathEntry} of each is that follow their number; answered by their
     * paths, an empty one for what is to be sent. May read files that are at the same paths here.
     */
    CLASSES_FIND,
    /**
     * Send what a {@link ClassPathEntry} tells of; answered by a number, which is negative if somebody else
     * does so or has done. Waits a while for those.
     */
    CLASSES_BEGIN,
    /** The next bytes of what is sent by a number. */
    CLASSES_PIECE,
    /** All bytes of a number were sent, or no more come; answered when processes can use them. */
    CLASSES_END,
    /** What the ranks of an MPI group on other nodes have come to: the key of it, and {@link RanksNews}. */
    RANKS_TELL;

    /** Version of these frames; both sides must have the same. */
    public static final int VERSION = 13;

    private static final Request[] VALUES = values();

    /** The request of a number, or HELLO's absence as an exception. */
    public static Request of(int number) {
        if (number < 0 || number >= VALUES.length) {
            throw new IllegalArgumentException("unknown request: number=" + number);
        }
        return VALUES[number];
    }
}
