package io.ddict.pool;

/** Who made a GPU, and by which environment variable programs are told which ones to use. */
public enum GpuVendor {
    /** CUDA. */
    NVIDIA("CUDA_VISIBLE_DEVICES"),
    /** ROCm. */
    AMD("ROCR_VISIBLE_DEVICES"),
    /** oneAPI Level Zero. */
    INTEL("ZE_AFFINITY_MASK");

    private final String variable;

    GpuVendor(String variable) {
        this.variable = variable;
    }

    /** Name of the environment variable. */
    public String variable() {
        return variable;
    }
}
