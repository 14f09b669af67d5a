/*
 * A network of hosts on one machine, over links whose delay and loss can be set. Each host is a
 * network namespace with one interface, net0, whose packets come here; each goes on to its
 * destination when the link's delay is over, if it is not lost. The kernel's TCP and UDP behave as
 * over a real link. Packets of one link never overtake each other.
 *
 *   links HOSTS            host 0 is the namespace that it is started in; prints "ready"
 *
 * Host N has the network 10.77.N.0/24 and the address 10.77.N.1; its namespace is this process's
 * descriptor 100 + N, for nsenter, where it can be given further addresses of its network. Standard input has a line for each change of a one-way link, which before has
 * neither delay nor loss: FROM TO DELAY_MS JITTER_MS LOSS, where a loss of 1 cuts it. At its end
 * everything is removed, as soon as no process is left in the namespaces.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { HOSTS_MAX = 64, MTU = 1500, FIRST_NAMESPACE_FD = 100, NETWORK = 0x0a4d0000 };
/* The byte of the destination that is the host. */
enum { HOST_OFFSET = 16 + 2, WAITING_MAX = 100000 };

typedef struct {
  double delayMs, jitterMs, loss, lastDue;
} Link;

typedef struct Packet {
  struct Packet *earlier, *later;
  double due;
  int to, length;
  uint8_t bytes[];
} Packet;

static Link links[HOSTS_MAX][HOSTS_MAX];
static int tuns[HOSTS_MAX], hosts, waiting;
/* Ordered by when they are due: most packets belong at the end. */
static Packet *first, *last;

static void must(int isDone, const char *what) {
  if (isDone) return;
  perror(what);
  exit(1);
}

static double nowMs(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1e3 + now.tv_nsec / 1e6;
}

static void setUp(int fd, struct ifreq *request) {
  request->ifr_flags = IFF_UP | IFF_RUNNING;
  must(ioctl(fd, SIOCSIFFLAGS, request) == 0, "SIOCSIFFLAGS");
}

static void setAddress(int fd, struct ifreq *request, unsigned long what, uint32_t address) {
  struct sockaddr_in *at = (struct sockaddr_in *)&request->ifr_addr;
  *at = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(address)};
  must(ioctl(fd, what, request) == 0, "an address of net0");
}

static int openHost(int host) {
  must(host == 0 || unshare(CLONE_NEWNET) == 0, "unshare");
  int space = open("/proc/self/ns/net", O_RDONLY);
  must(space >= 0 && dup2(space, FIRST_NAMESPACE_FD + host) >= 0, "/proc/self/ns/net");
  close(space);
  int tun = open("/dev/net/tun", O_RDWR | O_NONBLOCK);
  must(tun >= 0, "/dev/net/tun");
  struct ifreq net = {.ifr_name = "net0", .ifr_flags = IFF_TUN | IFF_NO_PI};
  must(ioctl(tun, TUNSETIFF, &net) == 0, "TUNSETIFF");
  int control = socket(AF_INET, SOCK_DGRAM, 0);
  setAddress(control, &net, SIOCSIFADDR, NETWORK + (host << 8) + 1);
  setAddress(control, &net, SIOCSIFNETMASK, 0xffff0000);
  setUp(control, &net);
  struct ifreq loopback = {.ifr_name = "lo"};
  setUp(control, &loopback);
  close(control);
  return tun;
}

static void enqueue(Packet *packet) {
  Packet *before = last;
  while (before && before->due > packet->due) before = before->earlier;
  packet->earlier = before;
  packet->later = before ? before->later : first;
  if (packet->later) packet->later->earlier = packet;
  else last = packet;
  if (before) before->later = packet;
  else first = packet;
  waiting++;
}

static void take(int from, const uint8_t *bytes, int length) {
  int to = bytes[HOST_OFFSET];
  if (length <= HOST_OFFSET + 1 || bytes[0] >> 4 != 4 || to >= hosts) return;
  Link *link = &links[from][to];
  if (drand48() < link->loss || waiting >= WAITING_MAX) return;
  double due = nowMs() + link->delayMs + drand48() * link->jitterMs;
  if (due < link->lastDue) due = link->lastDue;
  link->lastDue = due;
  Packet *packet = malloc(sizeof *packet + length);
  must(packet != NULL, "malloc");
  *packet = (Packet){.due = due, .to = to, .length = length};
  memcpy(packet->bytes, bytes, length);
  enqueue(packet);
}

static void deliverDue(void) {
  while (first && first->due <= nowMs()) {
    Packet *packet = first;
    first = packet->later;
    if (first) first->earlier = NULL;
    else last = NULL;
    waiting--;
    /* A full interface loses packets, too. */
    if (write(tuns[packet->to], packet->bytes, packet->length) < 0) (void)0;
    free(packet);
  }
}

static void change(char *line) {
  int from, to;
  Link link = {0};
  int found =
      sscanf(line, "%d %d %lf %lf %lf", &from, &to, &link.delayMs, &link.jitterMs, &link.loss);
  int isGood = found == 5 && from >= 0 && from < hosts && to >= 0 && to < hosts;
  must(isGood, "links: malformed line");
  link.lastDue = links[from][to].lastDue;
  links[from][to] = link;
}

static void readChanges(void) {
  static char text[65536];
  static size_t held;
  ssize_t got = read(STDIN_FILENO, text + held, sizeof text - 1 - held);
  if (got <= 0) exit(0);
  held += got;
  text[held] = 0;
  char *line = text;
  for (char *end; (end = strchr(line, '\n')); line = end + 1) change(line);
  held -= line - text;
  memmove(text, line, held);
}

static void wait(struct pollfd *polled) {
  double ms = first ? first->due - nowMs() : 1000;
  if (ms < 0) ms = 0;
  struct timespec time = {.tv_sec = ms / 1e3, .tv_nsec = (long)(ms * 1e6) % 1000000000};
  ppoll(polled, hosts + 1, &time, NULL);
}

int main(int count, char **arguments) {
  hosts = count == 2 ? atoi(arguments[1]) : 0;
  must(hosts > 0 && hosts <= HOSTS_MAX, "links HOSTS");
  struct pollfd polled[HOSTS_MAX + 1];
  for (int host = 0; host < hosts; host++) {
    tuns[host] = openHost(host);
    polled[host] = (struct pollfd){.fd = tuns[host], .events = POLLIN};
  }
  polled[hosts] = (struct pollfd){.fd = STDIN_FILENO, .events = POLLIN};
  puts("ready");
  fflush(stdout);
  for (;;) {
    wait(polled);
    deliverDue();
    uint8_t bytes[MTU];
    for (int host = 0; host < hosts; host++) {
      for (int n; (n = read(tuns[host], bytes, MTU)) > 0;) take(host, bytes, n);
    }
    if (polled[hosts].revents) readChanges();
  }
}
