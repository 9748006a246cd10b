package io.ddict.client.channel.shm;

import io.ddict.client.DDictException;
import io.ddict.client.DDictFullException;
import io.ddict.client.DDictTimeoutException;
import io.ddict.client.channel.CallContext;
import io.ddict.client.channel.ShardChannel;
import io.ddict.client.channel.shm.Answers.Answer;
import io.ddict.client.codec.Codec;
import io.ddict.store.pool.Operation;
import io.ddict.store.pool.Status;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/*
 * A long value at several managers of this node is copied once: one has it in a block, the others get a
 * small record that says where it is. Only the first is waited for: from its answer on it keeps the value
 * until the others have applied what this client posted to them before it said that it had.
 */

/** What one shard does for a value that several of its node have. Safe from any thread. */
public final class Lending {
    private final ShmChannel channel;
    private final ShardReader reader;
    private final ShardWriter writer;

    Lending(ShmChannel channel, ShardReader reader, ShardWriter writer) {
        this.channel = channel;
        this.reader = reader;
        this.writer = writer;
    }

    /** Whether its manager lends. */
    public static boolean isPossible(ShardChannel channel) {
        return channel instanceof ShmChannel shared && shared.isLending();
    }

    /**
     * Puts a value that needs a block at the first of several managers that has room, and lets the others
     * refer to it. Each that fails is told of, with what it failed by.
     *
     * @return those where it is to be put as everywhere: they cannot refer to it, or not in this call's time
     */
    public static <T> List<ShmChannel> put(
            CallContext call,
            List<ShmChannel> channels,
            Codec<T> codec,
            T value,
            BiConsumer<ShmChannel, Throwable> failed) {
        Map<ShmChannel, DDictException> full = new LinkedHashMap<>();
        List<ShmChannel> left = new ArrayList<>(channels);
        for (ShmChannel each : channels) {
            try {
                LentBlock block = each.lending().put(call, codec, value);
                left.remove(each);
                if (block != null) {
                    return each.lending().tell(call, left, block, failed);
                }
                break;
            } catch (DDictFullException e) {
                full.put(each, e);
            } catch (DDictTimeoutException e) {
                // It was not put.
                break;
            } catch (RuntimeException | Error e) {
                failed.accept(each, e);
                left.remove(each);
                break;
            }
        }
        left.removeAll(full.keySet());
        full.forEach(failed);
        return left;
    }

    // Who would have to be waited for longer is left.
    private List<ShmChannel> tell(
            CallContext call,
            List<ShmChannel> others,
            LentBlock block,
            BiConsumer<ShmChannel, Throwable> failed) {
        List<ShmChannel> left = new ArrayList<>();
        for (ShmChannel each : others) {
            try {
                each.lending().refer(call, block);
            } catch (DDictTimeoutException e) {
                left.add(each);
            } catch (RuntimeException | Error e) {
                failed.accept(each, e);
            }
        }
        writer.endLend(block.version());
        return left;
    }

    // Once the value is put, whatever keeps it from being lent is no failure.
    private <T> @Nullable LentBlock put(CallContext call, Codec<T> codec, T value) {
        channel.checkNotFrozen(call);
        channel.wakeResting();
        long version = 1 + writer.put(call, codec, value, Operation.PUT, (byte) 0, 0, 0);
        Answer answer;
        try {
            answer = channel.request(call, Operation.LEND, (byte) 0, version);
        } catch (DDictException e) {
            // It may be lent all the same.
            writer.endLend(version);
            return null;
        }
        return answer.status() == Status.OK
                ? new LentBlock(channel.manager(), (int) answer.first(), version)
                : null;
    }

    private void refer(CallContext call, LentBlock block) {
        channel.checkNotFrozen(call);
        long _ = writer.put(call, LentBlock.CODEC, block, Operation.PUT, (byte) 0, 0, 0);
        // A successor knows of what was posted before it was there.
        reader.checkOwner(call);
    }
}
