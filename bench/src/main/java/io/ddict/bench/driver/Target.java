package io.ddict.bench.driver;

/**
 * One goal of MISSION.md, part D, and what was measured.
 *
 * @param id its number there
 * @param what operation, clients and value length
 * @param measured the figure, or the ratio
 * @param atLeast whether it must be at least, not at most, the limit
 * @param limit the goal
 * @param unit of both; "x" for a ratio
 * @param basis the figures behind it
 */
record Target(
        String id,
        String what,
        double measured,
        boolean atLeast,
        double limit,
        String unit,
        String basis) {
    boolean isMet() {
        return atLeast ? measured >= limit : measured <= limit;
    }

    String line() {
        return Figures.format(
                "%-3s %-42s %9.2f %-4s %s %7.2f  %-6s  %s",
                id,
                what,
                measured,
                unit,
                atLeast ? ">=" : "<=",
                limit,
                isMet() ? "met" : "MISSED",
                basis);
    }
}
