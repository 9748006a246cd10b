package io.ddict.manager.simulation;

import java.io.IOException;
import java.io.InputStream;
import java.lang.classfile.AccessFlags;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassFile.ClassHierarchyResolverOption;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.ClassModel;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.CodeElement;
import java.lang.classfile.CodeModel;
import java.lang.classfile.CodeTransform;
import java.lang.classfile.Label;
import java.lang.classfile.MethodModel;
import java.lang.classfile.MethodTransform;
import java.lang.classfile.Opcode;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.classfile.instruction.MonitorInstruction;
import java.lang.classfile.instruction.ReturnInstruction;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.lang.reflect.AccessFlag;
import java.util.List;
import java.util.Map;
import java.util.Set;

/*
 * Client and gateway ask the JDK for the time, for selectors and sockets, and let threads wait by it. To hand
 * in other ones they would have to carry a clock through each object of each call, for tests alone. Instead
 * their classes are loaded once more, by this, with those few calls of static methods led to Hooks: what runs
 * in the simulation is else, instruction for instruction, what runs in the product.
 *
 * Monitors are replaced, too: the JVM would have a thread of its own wake virtual threads that wait for one.
 *
 * In the same way a guard is left out, which takes no other version of the product than its class files.
 */

/** Loads clients and managers with the time and the network of a simulation. */
final class SimulatedClasses extends ClassLoader {
    private static final List<String> OURS = List.of("io.ddict.client.", "io.ddict.manager.");
    private static final String HERE = SimulatedClasses.class.getPackageName() + ".";
    private static final Set<String> SHARED = Set.of(
            Simulation.class.getName(), Outcome.class.getName(), Guard.class.getName(),
            SimulatedClasses.class.getName());
    private static final ClassDesc HOOKS = ClassDesc.of(HERE + "Hooks");
    private static final MethodTypeDesc OF_OBJECT =
            MethodTypeDesc.of(ConstantDescs.CD_void, ConstantDescs.CD_Object);
    private static final Map<String, String> TIME_AND_NETWORK = Map.of(
            "java/lang/System.nanoTime", "nanoTime",
            "java/lang/Thread.onSpinWait", "onSpinWait",
            "java/util/concurrent/locks/LockSupport.parkNanos", "parkNanos",
            "java/util/concurrent/locks/ReentrantLock.tryLock", "tryLock",
            "java/nio/channels/Selector.open", "openSelector",
            "java/nio/channels/SocketChannel.open", "openSocket",
            "io/ddict/client/node/Heartbeats.watch", "watch");

    private final Guard missing;
    private final ClassFile classFile;

    private SimulatedClasses(Guard missing) {
        super("simulation", SimulatedClasses.class.getClassLoader());
        this.missing = missing;
        this.classFile = ClassFile.of(ClassHierarchyResolverOption.of(
                ClassHierarchyResolver.ofResourceParsing(getParent()).cached()));
    }

    /** Makes simulations; without a guard if one is named. */
    static Simulation load(Guard missing) throws ReflectiveOperationException {
        Class<?> made = new SimulatedClasses(missing).loadClass(HERE + "TcpSimulation");
        return (Simulation) made.getConstructor(Guard.class).newInstance(missing);
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
        if (SHARED.contains(name) || OURS.stream().noneMatch(name::startsWith)) {
            return super.loadClass(name, resolve);
        }
        synchronized (getClassLoadingLock(name)) {
            Class<?> known = findLoadedClass(name);
            return known == null ? define(name) : known;
        }
    }

    private Class<?> define(String name) throws ClassNotFoundException {
        try (InputStream in = getResourceAsStream(name.replace('.', '/') + ".class")) {
            if (in == null) {
                throw new ClassNotFoundException(name);
            }
            byte[] bytes = in.readAllBytes();
            byte[] led = name.startsWith(HERE) ? bytes : led(bytes);
            return defineClass(name, led, 0, led.length);
        } catch (IOException e) {
            throw new ClassNotFoundException(name, e);
        }
    }

    private byte[] led(byte[] bytes) {
        ClassModel model = classFile.parse(bytes);
        String name = model.thisClass().asInternalName();
        return classFile.transformClass(model, (builder, element) -> {
            if (element instanceof MethodModel method) {
                boolean locks = method.flags().has(AccessFlag.SYNCHRONIZED);
                builder.transformMethod(method, led(name, method, locks));
            } else {
                builder.with(element);
            }
        });
    }

    private MethodTransform led(String owner, MethodModel method, boolean locks) {
        return (builder, element) -> {
            if (element instanceof CodeModel code) {
                builder.transformCode(
                        code, locks
                                ? new Locked(owner, isStatic(method))
                                : new Led(isCaught(owner, method)));
            } else if (locks && element instanceof AccessFlags flags) {
                builder.withFlags(flags.flagsMask() & ~ClassFile.ACC_SYNCHRONIZED);
            } else {
                builder.with(element);
            }
        };
    }

    private static boolean isStatic(MethodModel method) {
        return method.flags().has(AccessFlag.STATIC);
    }

    /** Leads calls to the hooks. */
    private class Led implements CodeTransform {
        private final boolean isCatching;

        Led(boolean isCatching) {
            this.isCatching = isCatching;
        }

        @Override
        public void atStart(CodeBuilder code) {
            if (isCatching) {
                code.aload(2).invokestatic(
                        HOOKS, "caught",
                        MethodTypeDesc.of(ConstantDescs.CD_void, ConstantDescs.CD_Throwable));
            }
        }

        @Override
        public void accept(CodeBuilder code, CodeElement element) {
            if (element instanceof MonitorInstruction monitor) {
                boolean enters = monitor.opcode() == Opcode.MONITORENTER;
                code.invokestatic(HOOKS, enters ? "enter" : "exit", OF_OBJECT);
            } else if (element instanceof InvokeInstruction call && hook(call) != null) {
                MethodTypeDesc type = call.typeSymbol();
                code.invokestatic(
                        HOOKS, hook(call),
                        call.opcode() == Opcode.INVOKESTATIC
                                ? type
                                : type.insertParameterTypes(0, ConstantDescs.CD_Object));
            } else {
                code.with(element);
            }
        }
    }

    // Netty hands a handler's own errors to it, which takes them for the end of the connection.
    private static boolean isCaught(String owner, MethodModel method) {
        return owner.startsWith("io/ddict/manager/gateway/")
                && method.methodName().equalsString("exceptionCaught");
    }

    /** The same, within the monitor of a synchronized method. */
    private final class Locked extends Led {
        private final ClassDesc type;
        private final boolean isStatic;
        private Label start;

        Locked(String owner, boolean isStatic) {
            super(false);
            this.type = ClassDesc.ofInternalName(owner);
            this.isStatic = isStatic;
        }

        @Override
        public void atStart(CodeBuilder code) {
            monitor(code, "enter");
            start = code.newBoundLabel();
        }

        @Override
        public void accept(CodeBuilder code, CodeElement element) {
            if (element instanceof ReturnInstruction) {
                monitor(code, "exit");
            }
            super.accept(code, element);
        }

        @Override
        public void atEnd(CodeBuilder code) {
            Label end = code.newBoundLabel();
            code.exceptionCatchAll(start, end, end);
            monitor(code, "exit");
            code.athrow();
        }

        private void monitor(CodeBuilder code, String hook) {
            if (isStatic) {
                code.loadConstant(type);
            } else {
                code.aload(0);
            }
            code.invokestatic(HOOKS, hook, OF_OBJECT);
        }
    }

    private String hook(InvokeInstruction call) {
        String called = call.owner().asInternalName() + "." + call.name().stringValue();
        String left = missing == null ? null : leftOut(called);
        return left == null ? TIME_AND_NETWORK.get(called) : left;
    }

    private String leftOut(String called) {
        return switch (missing) {
            case CHECKSUM -> called.equals("java/util/zip/CRC32C.getValue") ? "noChecksum" : null;
            case TIME -> called.endsWith("Deadline.unspentNs") ? "noLimit" : null;
            case GIVING_BACK -> called.endsWith("gateway/ShardPort.detach") ? "keep" : null;
            case LOSS, INSTANCE -> null;
        };
    }
}
