package io.ddict.client.codec;

import java.lang.foreign.MemorySegment;
import java.math.BigDecimal;
import java.math.BigInteger;

/**
 * {@code BigInteger}: two's complement, shortest form, most significant byte first.
 * {@code BigDecimal}: 4 bytes of scale, then the unscaled value likewise.
 */
final class BigNumberCodec implements Codec<Number> {
    private final byte tag;

    /**
     * @param tag of the one or the other
     */
    BigNumberCodec(byte tag) {
        this.tag = tag;
    }

    @Override
    public byte tag() {
        return tag;
    }

    @Override
    public long prepare(Number value, Scratch scratch) {
        byte[] digits = unscaled(value).toByteArray();
        System.arraycopy(digits, 0, scratch.ensure(digits.length), 0, digits.length);
        scratch.length(digits.length);
        return (long) scaleLength() + digits.length;
    }

    @Override
    public void write(Number value, Scratch scratch, MemorySegment target, long offset) {
        if (value instanceof BigDecimal decimal) {
            target.set(LittleEndian.INT, offset, decimal.scale());
        }
        MemorySegment.copy(
                scratch.array(), 0, target, LittleEndian.BYTE, offset + scaleLength(),
                scratch.length());
    }

    @Override
    public Number read(MemorySegment source, long offset, long length) {
        LittleEndian.requireInside(source, offset, length);
        if (length <= scaleLength()) {
            throw new CodecException(
                    "encoded number cut short: tag=" + tag + ", length=" + length + "B");
        }
        try {
            BigInteger digits = new BigInteger(
                    LittleEndian.copy(source, offset + scaleLength(), length - scaleLength()));
            return tag == Tags.BIG_INTEGER
                    ? digits
                    : new BigDecimal(digits, source.get(LittleEndian.INT, offset));
        } catch (ArithmeticException e) {
            throw new CodecException(
                    "encoded number too long: tag=" + tag + ", length=" + length + "B", e);
        }
    }

    private static BigInteger unscaled(Number value) {
        return value instanceof BigDecimal decimal ? decimal.unscaledValue() : (BigInteger) value;
    }

    private int scaleLength() {
        return tag == Tags.BIG_DECIMAL ? Integer.BYTES : 0;
    }
}
