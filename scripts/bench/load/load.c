/*
 * Many listeners in one process, which measure what they get.
 *
 *   load LISTENERS PER_SECOND SETTLE_S WINDOW_S ICY NEWCOMERS_PER_SECOND HOST:PORT/PATH...
 *
 * The listeners connect at the given rate, spread over the addresses (IPv4 only), read all that
 * comes, and note the time of each read. The window of measurement begins SETTLE_S after all of
 * them have got a byte, or have waited for PATIENCE_MS. In it newcomers connect as well, and leave
 * at their first byte of audio. Without newcomers it reads its sockets every NAP_US in the window:
 * a process that sleeps in epoll_wait() is woken by each write, which on loopback is charged to the
 * server, and over a network is not. The time to the first byte counts from connect() to the first
 * byte of the body. A gap is the time between two reads, from the first byte on, or from the last
 * read to the end of the window; each listener counts with its largest. The slowest listener is the
 * one that got the least in the window.
 *
 * Prints "connected", "steady" and "end" when it gets there, then a line of JSON. It holds its
 * connections until standard input ends, so that the server's memory can be measured meanwhile.
 *
 * It is written in C because it must need far less processor time than the server.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { PATIENCE_MS = 60000, NAP_US = 5000, TARGETS_MAX = 1024, READ_BYTES_MAX = 262144, EVENTS_MAX = 1024, STATUS_BYTES = 12 };

typedef enum { WAITING, CONNECTING, HEAD, BODY, REFUSED, CLOSED, LEFT } State;

typedef struct {
  State state;
  int fd;
  int headBytes;
  int headEndMatched; /* of "\r\n\r\n" */
  char status[STATUS_BYTES];
  double startedMs, firstByteMs, lastReadMs, gapMs;
  long windowBytes;
} Listener;

typedef struct {
  struct sockaddr_in address;
  char request[1024];
} Target;

typedef struct {
  int count, started, perSecond;
  double fromMs;
} Ramp;

static Target targets[TARGETS_MAX];
static int targetCount, epollFd;
static Listener *listeners;
static bool isSteady;
static double steadyAtMs;
static long long windowBytes;
static char buffer[READ_BYTES_MAX];

static double nowMs(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static void readTarget(const char *text, bool icy) {
  char host[64], path[512];
  int port;
  if (targetCount == TARGETS_MAX || sscanf(text, "%63[0-9.]:%d%511s", host, &port, path) != 3) {
    fprintf(stderr, "not HOST:PORT/PATH: %s\n", text);
    exit(2);
  }
  Target *target = &targets[targetCount++];
  target->address = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(port)};
  inet_pton(AF_INET, host, &target->address.sin_addr);
  snprintf(target->request, sizeof target->request,
           "GET %s HTTP/1.1\r\nHost: %s:%d\r\nUser-Agent: load/1\r\nAccept: */*\r\n%s"
           "Connection: close\r\n\r\n",
           path, host, port, icy ? "Icy-MetaData: 1\r\n" : "");
}

static void hangUp(Listener *one, State state) {
  close(one->fd);
  one->state = state;
}

static void start(int index) {
  Listener *one = &listeners[index];
  one->startedMs = nowMs();
  one->state = CONNECTING;
  one->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  if (one->fd < 0) fail("socket");
  struct sockaddr_in *to = &targets[index % targetCount].address;
  if (connect(one->fd, (struct sockaddr *)to, sizeof *to) < 0 && errno != EINPROGRESS) {
    hangUp(one, REFUSED);
    return;
  }
  struct epoll_event wanted = {.events = EPOLLOUT, .data.u32 = index};
  if (epoll_ctl(epollFd, EPOLL_CTL_ADD, one->fd, &wanted) < 0) fail("epoll_ctl");
}

static void ask(int index) {
  Listener *one = &listeners[index];
  const char *request = targets[index % targetCount].request;
  if (send(one->fd, request, strlen(request), MSG_NOSIGNAL) < 0) {
    hangUp(one, REFUSED);
    return;
  }
  one->state = HEAD;
  struct epoll_event wanted = {.events = EPOLLIN, .data.u32 = index};
  epoll_ctl(epollFd, EPOLL_CTL_MOD, one->fd, &wanted);
}

/* Skips the head; returns the number of bytes that belong to the body. */
static long skipHead(Listener *one, const char *bytes, long count) {
  static const char end[] = "\r\n\r\n";
  for (long i = 0; i < count; i++) {
    if (one->headBytes < STATUS_BYTES) one->status[one->headBytes] = bytes[i];
    one->headBytes++;
    if (bytes[i] == end[one->headEndMatched]) one->headEndMatched++;
    else one->headEndMatched = bytes[i] == '\r';
    if (one->headEndMatched == 4) {
      one->state = BODY;
      return count - i - 1;
    }
  }
  return 0;
}

static bool isGranted(const Listener *one) {
  return memcmp(one->status, "HTTP/1.", 7) == 0 && memcmp(one->status + 9, "200", 3) == 0;
}

/* A gap ends now. Without a byte before the window it counts from the window's beginning. */
static void noteGap(Listener *one, double now) {
  double from = one->lastReadMs > 0 ? one->lastReadMs : isSteady ? steadyAtMs : now;
  if (now - from > one->gapMs) one->gapMs = now - from;
}

static void hear(int index, bool isNewcomer) {
  Listener *one = &listeners[index];
  long count = recv(one->fd, buffer, sizeof buffer, 0);
  if (count < 0 && errno == EAGAIN) return;
  if (count <= 0) {
    hangUp(one, one->state == HEAD ? REFUSED : CLOSED);
    return;
  }
  long body = one->state == HEAD ? skipHead(one, buffer, count) : count;
  if (one->state == BODY && !isGranted(one)) {
    hangUp(one, REFUSED);
    return;
  }
  if (body == 0) return;
  double now = nowMs();
  if (one->firstByteMs == 0) one->firstByteMs = now - one->startedMs;
  if (isNewcomer) {
    hangUp(one, LEFT);
    return;
  }
  noteGap(one, now);
  one->lastReadMs = now;
  if (!isSteady) return;
  windowBytes += body;
  one->windowBytes += body;
}

static void startDue(Ramp *ramp, int offset) {
  double due = (nowMs() - ramp->fromMs) / 1e3 * ramp->perSecond;
  while (ramp->started < ramp->count && ramp->started < due) start(offset + ramp->started++);
}

static void serve(int timeoutMs, int residents) {
  struct epoll_event events[EVENTS_MAX];
  int count = epoll_wait(epollFd, events, EVENTS_MAX, timeoutMs);
  for (int i = 0; i < count; i++) {
    int index = events[i].data.u32;
    if (listeners[index].state == CONNECTING) ask(index);
    else hear(index, index >= residents);
  }
}

static bool isAnyoneSilent(int residents) {
  for (int i = 0; i < residents; i++) {
    if (listeners[i].state <= BODY && listeners[i].firstByteMs == 0) return true;
  }
  return false;
}

static int compare(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static void printSpread(const char *name, double *values, int count) {
  qsort(values, count, sizeof *values, compare);
  if (count == 0) printf("\"%s\":null", name);
  else
    printf("\"%s\":{\"p50\":%.2f,\"p99\":%.2f,\"worst\":%.2f}", name, values[count / 2],
           values[(int)(count * 0.99)], values[count - 1]);
}

static long slowestBytes(int from, int count) {
  long least = count > 0 ? listeners[from].windowBytes : 0;
  for (int i = from; i < from + count; i++)
    if (listeners[i].windowBytes < least) least = listeners[i].windowBytes;
  return least;
}

static void printGroup(int from, int count) {
  double *firsts = calloc(count + 1, sizeof *firsts), *gaps = calloc(count + 1, sizeof *gaps);
  int heard = 0, refused = 0, closed = 0;
  for (int i = 0; i < count; i++) {
    const Listener *one = &listeners[from + i];
    gaps[i] = one->gapMs;
    refused += one->state == REFUSED;
    closed += one->state == CLOSED;
    if (one->firstByteMs > 0) firsts[heard++] = one->firstByteMs;
  }
  printf("\"count\":%d,\"refused\":%d,\"closed\":%d,\"silent\":%d,\"slowestBytes\":%ld,", count, refused,
         closed, count - refused - heard, slowestBytes(from, count));
  printSpread("firstByteMs", firsts, heard);
  printf(",");
  printSpread("gapMs", gaps, count);
  free(firsts);
  free(gaps);
}

static double cpuSeconds(void) {
  struct rusage used;
  getrusage(RUSAGE_SELF, &used);
  return used.ru_utime.tv_sec + used.ru_stime.tv_sec +
         (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

static void raiseFileLimit(void) {
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
}

static void say(const char *event) {
  printf("%s\n", event);
  fflush(stdout);
}

int main(int argc, char **argv) {
  if (argc < 8) {
    fprintf(stderr, "see the head of load.c\n");
    return 2;
  }
  int residents = atoi(argv[1]), newcomersPerSecond = atoi(argv[6]);
  double settleMs = atof(argv[3]) * 1e3, windowMs = atof(argv[4]) * 1e3;
  for (int i = 7; i < argc; i++) readTarget(argv[i], atoi(argv[5]) != 0);
  raiseFileLimit();
  /* The last newcomers have two seconds to be answered. */
  int newcomerCount = windowMs > 2e3 ? (int)(newcomersPerSecond * (windowMs - 2e3) / 1e3) : 0;
  listeners = calloc(residents + newcomerCount, sizeof *listeners);
  epollFd = epoll_create1(0);

  Ramp ramp = {.count = residents, .perSecond = atoi(argv[2]), .fromMs = nowMs()};
  while (ramp.started < ramp.count) {
    startDue(&ramp, 0);
    serve(1, residents);
  }
  for (double until = nowMs() + PATIENCE_MS; isAnyoneSilent(residents) && nowMs() < until;)
    serve(10, residents);
  say("connected");
  for (double until = nowMs() + settleMs; nowMs() < until;) serve(10, residents);
  isSteady = true;
  steadyAtMs = nowMs();
  double cpuBefore = cpuSeconds();
  say("steady");
  Ramp newcomers = {.count = newcomerCount, .perSecond = newcomersPerSecond, .fromMs = steadyAtMs};
  while (nowMs() < steadyAtMs + windowMs) {
    startDue(&newcomers, residents);
    serve(10, residents);
    if (newcomerCount == 0) usleep(NAP_US);
  }
  double endMs = nowMs();
  for (int i = 0; i < residents; i++) noteGap(&listeners[i], endMs);
  say("end");
  printf("{\"seconds\":%.3f,\"bytes\":%lld,\"cpuSeconds\":%.3f,\"listeners\":{",
         (endMs - steadyAtMs) / 1e3, windowBytes, cpuSeconds() - cpuBefore);
  printGroup(0, residents);
  printf("},\"newcomers\":{");
  printGroup(residents, newcomers.started);
  printf("}}\n");
  fflush(stdout);
  while (read(STDIN_FILENO, buffer, sizeof buffer) > 0) continue;
  return 0;
}
