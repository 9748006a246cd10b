/*
 * Carries packets between two network interfaces, each of them some time after it came: what `tc netem`
 * does where the kernel has it. Use:
 *
 *   lab-delay INTERFACE INTERFACE DELAY_US JITTER_US
 *
 * A packet waits for the delay, plus or minus at most the jitter; with a jitter packets may overtake one
 * another. Once both interfaces are open the program goes on in the background; it ends when one of them
 * is deleted. Packets come with the header of virtio, in which the kernel says what it has left to its
 * hardware, as checksums and the cutting of long packets, and are sent on with it.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/virtio_net.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    PACKET_LENGTH_MAX = sizeof(struct virtio_net_hdr) + 65536 + 64, /* the kernel's longest, with headers */
    WAITING_MAX = 65536, /* packets; further ones are lost, as in the queue of any switch */
    WAITING_BYTES_MAX = 256 << 20,
    BATCH = 64 /* packets read from one interface before the other has its turn */
};

struct packet {
    long due_ns;
    long number; /* of two that are due at once, the earlier goes first */
    int to;
    int length;
    unsigned char bytes[];
};

/* A binary heap, the packet that is due first at its top. */
static struct packet *waiting[WAITING_MAX];
static int waiting_count;
static long waiting_bytes;

static int interface_index[2];
static int channel[2];

static long now_ns(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000L + time.tv_nsec;
}

static void die(const char *what) {
    fprintf(stderr, "lab-delay: %s: %s\n", what, strerror(errno));
    exit(1);
}

static int is_before(const struct packet *a, const struct packet *b) {
    return a->due_ns < b->due_ns || (a->due_ns == b->due_ns && a->number < b->number);
}

static void swap(int a, int b) {
    struct packet *packet = waiting[a];
    waiting[a] = waiting[b];
    waiting[b] = packet;
}

static void push(struct packet *packet) {
    int i = waiting_count++;
    waiting[i] = packet;
    waiting_bytes += packet->length;
    for (; i > 0 && is_before(waiting[i], waiting[(i - 1) / 2]); i = (i - 1) / 2) {
        swap(i, (i - 1) / 2);
    }
}

static struct packet *pop(void) {
    struct packet *first = waiting[0];
    int i = 0;
    waiting[0] = waiting[--waiting_count];
    waiting_bytes -= first->length;
    for (;;) {
        int child = 2 * i + 1;
        if (child + 1 < waiting_count && is_before(waiting[child + 1], waiting[child])) {
            child++;
        }
        if (child >= waiting_count || !is_before(waiting[child], waiting[i])) {
            return first;
        }
        swap(i, child);
        i = child;
    }
}

/* Opens an interface for all packets that come in by it, and for those that are sent by it. */
static void open_interface(int side, const char *name) {
    int on = 1;
    struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL)};
    struct packet_mreq promiscuous = {.mr_type = PACKET_MR_PROMISC};
    /* No protocol yet: packets of other interfaces would come before the bind. */
    int opened = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK, 0);
    interface_index[side] = promiscuous.mr_ifindex = address.sll_ifindex = if_nametoindex(name);
    if (opened < 0 || address.sll_ifindex == 0
        || setsockopt(opened, SOL_PACKET, PACKET_VNET_HDR, &on, sizeof on) != 0
        || setsockopt(opened, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof on) != 0
        || setsockopt(opened, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &promiscuous, sizeof promiscuous) != 0
        || bind(opened, (struct sockaddr *) &address, sizeof address) != 0) {
        die(name);
    }
    channel[side] = opened;
}

/* An interface that is down may come up again; one that is deleted will not. */
static void end_if_deleted(int side) {
    char name[IF_NAMESIZE];
    if (if_indextoname(interface_index[side], name) == NULL) {
        exit(0);
    }
}

static long wait_ns(long delay_ns, long jitter_ns) {
    return delay_ns + (jitter_ns == 0 ? 0 : (long) ((drand48() * 2 - 1) * jitter_ns));
}

static void receive(int side, long delay_ns, long jitter_ns) {
    static unsigned char bytes[PACKET_LENGTH_MAX];
    static long number;
    for (int i = 0; i < BATCH; i++) {
        ssize_t length = recv(channel[side], bytes, sizeof bytes, 0);
        if (length < 0) {
            if (errno == ENETDOWN) {
                end_if_deleted(side);
            }
            return;
        }
        if (waiting_count == WAITING_MAX || waiting_bytes > WAITING_BYTES_MAX) {
            continue;
        }
        struct packet *packet = malloc(sizeof *packet + length);
        if (packet == NULL) {
            continue;
        }
        packet->due_ns = now_ns() + wait_ns(delay_ns, jitter_ns);
        packet->number = number++;
        packet->to = 1 - side;
        packet->length = length;
        memcpy(packet->bytes, bytes, length);
        push(packet);
    }
}

/* A packet that cannot be sent is lost. */
static void send_due(void) {
    while (waiting_count > 0 && waiting[0]->due_ns <= now_ns()) {
        struct packet *packet = pop();
        if (send(channel[packet->to], packet->bytes, packet->length, 0) < 0 && errno == ENXIO) {
            end_if_deleted(packet->to);
        }
        free(packet);
    }
}

static void await_packet_or_due(void) {
    struct pollfd polled[2] = {{channel[0], POLLIN, 0}, {channel[1], POLLIN, 0}};
    struct timespec wait = {0, 0};
    if (waiting_count > 0) {
        long left_ns = waiting[0]->due_ns - now_ns();
        if (left_ns > 0) {
            wait.tv_sec = left_ns / 1000000000;
            wait.tv_nsec = left_ns % 1000000000;
        }
    }
    ppoll(polled, 2, waiting_count > 0 ? &wait : NULL, NULL);
}

int main(int count, char **arguments) {
    if (count != 5) {
        fprintf(stderr, "use: lab-delay INTERFACE INTERFACE DELAY_US JITTER_US\n");
        return 2;
    }
    long delay_ns = atol(arguments[3]) * 1000;
    long jitter_ns = atol(arguments[4]) * 1000;
    open_interface(0, arguments[1]);
    open_interface(1, arguments[2]);
    if (daemon(0, 0) != 0) {
        die("daemon");
    }
    for (;;) {
        await_packet_or_due();
        receive(0, delay_ns, jitter_ns);
        receive(1, delay_ns, jitter_ns);
        send_due();
    }
}
