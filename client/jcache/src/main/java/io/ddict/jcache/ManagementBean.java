package io.ddict.jcache;

import java.lang.management.ManagementFactory;
import java.net.URI;
import java.util.regex.Pattern;
import javax.cache.CacheException;
import javax.management.InstanceAlreadyExistsException;
import javax.management.InstanceNotFoundException;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.ObjectName;

/**
 * One of a cache's two beans in the platform's server, under the name that JSR 107 gives it. The
 * name has the manager's URI but not its class loader, so of two caches whose names are the same
 * the first has it.
 */
final class ManagementBean {
    // With these in it a value would have to be quoted.
    private static final Pattern UNSAFE = Pattern.compile("[,:=\n]");

    private final Object bean;
    private final ObjectName name;
    private boolean isRegistered;

    /**
     * @param type {@code CacheConfiguration} or {@code CacheStatistics}
     */
    ManagementBean(Object bean, String type, URI manager, String cache) {
        this.bean = bean;
        try {
            this.name = new ObjectName("javax.cache:type=" + type + ",CacheManager="
                    + safe(manager.toString()) + ",Cache=" + safe(cache));
        } catch (JMException e) {
            throw new CacheException("cache has a name that no bean can have: cache=" + cache, e);
        }
    }

    private static String safe(String text) {
        return UNSAFE.matcher(text).replaceAll(".");
    }

    /** Puts it there, or takes it away; nothing happens if it is so already. */
    synchronized void enable(boolean enabled) {
        MBeanServer server = ManagementFactory.getPlatformMBeanServer();
        try {
            if (enabled && !isRegistered) {
                server.registerMBean(bean, name);
                isRegistered = true;
            } else if (!enabled && isRegistered) {
                isRegistered = false;
                server.unregisterMBean(name);
            }
        } catch (InstanceAlreadyExistsException | InstanceNotFoundException e) {
            // Another cache's, see above; or somebody else took it away.
        } catch (JMException e) {
            throw new CacheException("bean cannot be registered: name=" + name, e);
        }
    }
}
