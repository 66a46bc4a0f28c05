#!/usr/bin/env python3
"""A slow link made of real IP packets, between two network namespaces of this machine.

Needs root, python3 and iproute2, and no queueing discipline of the kernel. It makes the namespaces and a TUN device
in each, and carries every packet from one to the other itself: a queue with a limit, a rate, a delay, and loss.
Programs in the namespaces use the kernel's own TCP, so what they measure is what the emulator has to agree with.

  packet-link.py --near hunch-near --far hunch-far --down 1600000 --up 768000 --rtt 300
  ip netns exec hunch-far python3 -m http.server 8000 &
  ip netns exec hunch-near curl http://10.77.0.2:8000/

Near is 10.77.0.1, far is 10.77.0.2; down is far to near. Prints `ready` once packets flow. On SIGINT or SIGTERM (or
the end of standard input, with --with-parent) it prints its counts as JSON and removes what it made.
"""

import argparse
import collections
import fcntl
import json
import os
import random
import select
import signal
import struct
import subprocess
import sys
import time

NEAR_ADDRESS, FAR_ADDRESS, NETWORK = '10.77.0.1', '10.77.0.2', '10.77.0.0/30'
# <linux/if_tun.h>
TUNSETIFF = 0x400454CA
IFF_TUN_WITHOUT_HEADER = 0x0001 | 0x1000
MTU = 1500
# Small, so that a packet does not wait while many others are read; large, so that a burst costs few system calls.
READS_IN_A_ROW = 32


def ip(*words):
    subprocess.run(('ip',) + words, check=True)


def make_end(namespace, address, device, congestion):
    """Makes one namespace with one device; gives the file descriptor that its packets come out of."""
    ip('netns', 'add', namespace)
    descriptor = os.open('/dev/net/tun', os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(descriptor, TUNSETIFF, struct.pack('16sH', device.encode(), IFF_TUN_WITHOUT_HEADER))
    ip('link', 'set', device, 'netns', namespace)
    ip('-n', namespace, 'address', 'add', address + '/30', 'dev', device)
    ip('-n', namespace, 'link', 'set', 'lo', 'up')
    ip('-n', namespace, 'link', 'set', device, 'up', 'mtu', str(MTU))
    # A connection must not begin with what an earlier one has learnt of the link.
    subprocess.run(('ip', 'netns', 'exec', namespace, 'sysctl', '-qw', 'net.ipv4.tcp_no_metrics_save=1'), check=True)
    # Of the route, because a namespace may not choose a congestion control that the machine does not allow everyone.
    if congestion:
        words = f'route replace {NETWORK} dev {device} proto kernel scope link src {address} congctl {congestion}'
        ip('-n', namespace, *words.split())
    return descriptor


class Way:
    """One direction. Packets leave in order, so those under way are a plain queue too."""

    def __init__(self, source, sink, bits_per_second, delay, queue_bytes, loss, seed):
        self.source, self.sink = source, sink
        self.bytes_per_second, self.delay = bits_per_second / 8, delay
        self.queue_bytes = queue_bytes or max(self.bytes_per_second / 2, 10 * MTU)
        self.loss, self.chance = loss, random.Random(seed)
        self.free_at = 0.0
        self.under_way = collections.deque()
        self.counts = dict(packets=0, bytes=0, dropped_by_queue=0, lost=0)

    def read(self):
        for _ in range(READS_IN_A_ROW):
            try:
                packet = os.read(self.source, 65536)
            except BlockingIOError:
                return
            self.take(packet, time.monotonic())

    def take(self, packet, now):
        starts_at = max(now, self.free_at)
        if (starts_at - now) * self.bytes_per_second > self.queue_bytes:
            self.counts['dropped_by_queue'] += 1
            return
        self.free_at = starts_at + len(packet) / self.bytes_per_second
        self.counts['packets'] += 1
        self.counts['bytes'] += len(packet)
        if self.loss > 0 and self.chance.random() < self.loss:
            self.counts['lost'] += 1
            return
        self.under_way.append((self.free_at + self.delay, packet))

    def deliver(self, now):
        """Delivers what is due; gives when the next packet is."""
        while self.under_way and self.under_way[0][0] <= now:
            try:
                os.write(self.sink, self.under_way.popleft()[1])
            except OSError:
                pass  # The other namespace is going away.
        return self.under_way[0][0] if self.under_way else None


def carry(ways, watched):
    """Carries packets until a signal comes or, when it is watched, standard input ends."""
    stopped = []
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stopped.append(True))
    sources = {way.source: way for way in ways}
    while not stopped:
        due = [at for at in (way.deliver(time.monotonic()) for way in ways) if at is not None]
        # A signal that comes just before the wait is seen after it.
        wait = max(0.0, min(due) - time.monotonic()) if due else 0.5
        for descriptor in select.select(watched + list(sources), [], [], min(wait, 0.5))[0]:
            if descriptor in sources:
                sources[descriptor].read()
            elif not os.read(descriptor, 4096):
                return


def read_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--near', required=True, help='name of the namespace to make')
    parser.add_argument('--far', required=True, help='name of the namespace to make')
    parser.add_argument('--down', type=float, required=True, help='bits per second, far to near')
    parser.add_argument('--up', type=float, required=True, help='bits per second, near to far')
    parser.add_argument('--rtt', type=float, required=True, help='milliseconds there and back, empty link')
    parser.add_argument('--loss', type=float, default=0.0, help='share of packets, each way')
    parser.add_argument('--queue', type=int, default=0, help='bytes each way; 0 is half a second, at least 10 packets')
    parser.add_argument('--congestion', default='', help='congestion control in both namespaces, such as cubic or bbr')
    parser.add_argument('--seed', type=int, default=1, help='of the losses')
    parser.add_argument('--with-parent', action='store_true', help='end when standard input ends')
    return parser.parse_args()


def main():
    options = read_arguments()
    made = []
    try:
        # What delivers packets must not wait for the programs that it measures.
        os.nice(-10)
        ends = []
        for namespace, address, letter in ((options.near, NEAR_ADDRESS, 'n'), (options.far, FAR_ADDRESS, 'f')):
            made.append(namespace)
            ends.append(make_end(namespace, address, f'hunch{letter}{os.getpid()}', options.congestion))
        near, far = ends
        delay = options.rtt / 2000
        down = Way(far, near, options.down, delay, options.queue, options.loss, options.seed)
        up = Way(near, far, options.up, delay, options.queue, options.loss, options.seed + 1)
        print('ready', flush=True)
        carry([down, up], [sys.stdin.fileno()] if options.with_parent else [])
        print(json.dumps(dict(down=down.counts, up=up.counts)), flush=True)
    except BrokenPipeError:
        pass  # Whoever asked is gone; the namespaces still have to go.
    finally:
        for namespace in made:
            subprocess.run(('ip', 'netns', 'delete', namespace), check=False)


main()
