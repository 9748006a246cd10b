package io.ddict.manager.persist;

import io.ddict.manager.serving.Manager;
import io.ddict.store.pool.PoolGeometry;
import io.ddict.store.table.RecordTable;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Copies a dictionary to a disk as it changes, and begins with what is there. */
public final class Continuous implements AutoCloseable {
    private static final System.Logger LOGGER = System.getLogger(Continuous.class.getName());

    private final ContinuousSettings settings;
    private final ContinuousFiles files;
    private final String placement;
    private final long hashSeed;
    private final boolean goesOn;
    private final List<RecordTable> earlier = new ArrayList<>();
    private final List<TableInput> inputs = new ArrayList<>();
    private final List<ContinuousCopy> copies = new ArrayList<>();
    private List<Manager> managers = List.of();
    private long piecesMax;

    private Continuous(
            ContinuousSettings settings, ContinuousFiles files, String placement, long hashSeed) {
        this.settings = settings;
        this.files = files;
        this.placement = placement;
        this.hashSeed = hashSeed;
        this.goesOn = files.hasContent();
    }

    /**
     * Takes the files of a dictionary, and looks what is in them.
     *
     * @param hashSeed of a dictionary that begins empty
     * @param placement name of the function that places keys; empty if their hash does
     * @throws IOException if another service has them, or they cannot be read or written
     */
    public static Continuous open(
            ContinuousSettings settings, String dictionary, int managers, long hashSeed,
            String placement)
            throws IOException {
        ContinuousFiles files = ContinuousFiles.open(settings.path(), dictionary);
        Continuous opened = null;
        try {
            files.removeOthers();
            if (files.hasContent()) {
                files.requireManagers(managers, placement);
            }
            opened = new Continuous(
                    settings, files, placement,
                    files.hasContent() ? files.hashSeed() : hashSeed);
            opened.openEarlier(managers);
            return opened;
        } catch (IOException | RuntimeException | Error e) {
            if (opened != null) {
                opened.closeEarlier();
            }
            files.close();
            throw e;
        }
    }

    private void openEarlier(int count) throws IOException {
        for (int manager = 0; goesOn && manager < count; manager++) {
            RecordTable table = RecordTable.recover(files.current(manager), files.piecesMax());
            earlier.add(table);
            inputs.add(new TableInput(table));
        }
    }

    /** Seed of the dictionary's key hash. */
    public long hashSeed() {
        return hashSeed;
    }

    /** Whether it goes on with what an earlier service copied. */
    public boolean goesOn() {
        return goesOn;
    }

    /** Version that those of a manager's pool must be above. */
    public long versionMax(int manager) {
        return goesOn ? inputs.get(manager).versionMax() : 0;
    }

    /** Takes the managers, before they are started. */
    public void attach(List<Manager> all) throws IOException {
        managers = all;
        PoolGeometry geometry = all.getFirst().pool().mapped().geometry();
        // As many as all of its memory makes, and one more for each entry, which ends within a piece. What is
        // being replaced has both records there for a while.
        long pieces =
                geometry.dataLength() / RecordTable.PIECE_LENGTH + geometry.entriesMax();
        piecesMax = pieces + pieces / 4;
        for (int number = 0; number < all.size(); number++) {
            copies.add(
                    new ContinuousCopy(
                            number,
                            all.get(number),
                            RecordTable.create(files.next(number), piecesMax),
                            files.disk(),
                            TimeUnit.MILLISECONDS.toNanos(settings.windowMs())));
        }
    }

    /** Loads what was copied, once the managers work, and copies it all anew, which then counts. */
    public void loadFirst() throws IOException {
        for (int number = 0; number < inputs.size(); number++) {
            load(number, inputs.get(number));
        }
        for (ContinuousCopy each : copies) {
            each.start();
        }
        closeEarlier();
        files.advance(managers.size(), placement, hashSeed, piecesMax);
    }

    /** Removes everything that was copied; instead of close. */
    public void remove() throws IOException {
        end(false);
        try {
            files.remove();
        } catch (IOException e) {
            throw new IOException(
                    "files of a dictionary that was destroyed cannot be removed: cause=" + e, e);
        } finally {
            files.close();
        }
    }

    /** Copies what changed last, and leaves it to be loaded. The managers are still at work. */
    @Override
    public void close() {
        end(true);
        closeEarlier();
        try {
            files.close();
        } catch (IOException e) {
            LOGGER.log(System.Logger.Level.WARNING, "files cannot be closed", e);
        }
    }

    private void end(boolean copyLast) {
        copies.forEach(each -> each.end(copyLast));
        copies.clear();
    }

    private void closeEarlier() {
        earlier.forEach(RecordTable::close);
        earlier.clear();
        inputs.clear();
    }

    private void load(int number, TableInput input) throws IOException {
        CheckpointLoader.load(number, managers.get(number), input, 0);
        LOGGER.log(
                System.Logger.Level.DEBUG,
                "records loaded: records=" + input.count() + ", of them torn and left out="
                        + input.torn() + ", manager=" + number);
    }
}
