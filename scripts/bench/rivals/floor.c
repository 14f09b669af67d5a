/*
 * The least work that a server can do for its listeners: one send per listener and tick, of one
 * shared buffer, at 128 kbit/s. No burst, no frames, no limits: a yardstick, not a server.
 *
 *   floor TICK_MS          prints the port that it chose
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum { BYTES_PER_SECOND = 16000, CHUNK_BYTES_MAX = 160000, BACKLOG = 4096, EVENTS_MAX = 1024 };

static const char head[] = "HTTP/1.0 200 OK\r\nContent-Type: audio/mpeg\r\n\r\n";
static char chunk[CHUNK_BYTES_MAX];
static int *listening, count, capacity;

static int openPort(void) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof at;
  if (bind(fd, (struct sockaddr *)&at, length) < 0 || listen(fd, BACKLOG) < 0) {
    perror("listen");
    exit(1);
  }
  getsockname(fd, (struct sockaddr *)&at, &length);
  printf("%d\n", ntohs(at.sin_port));
  fflush(stdout);
  return fd;
}

static int openTimer(int tickMs) {
  int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
  struct timespec tick = {.tv_sec = tickMs / 1000, .tv_nsec = tickMs % 1000 * 1000000L};
  struct itimerspec every = {.it_interval = tick, .it_value = tick};
  timerfd_settime(fd, 0, &every, NULL);
  return fd;
}

static void watch(int epollFd, int fd) {
  struct epoll_event wanted = {.events = EPOLLIN, .data.fd = fd};
  epoll_ctl(epollFd, EPOLL_CTL_ADD, fd, &wanted);
}

static void letIn(int epollFd, int portFd) {
  for (int fd; (fd = accept4(portFd, NULL, NULL, SOCK_NONBLOCK)) >= 0;) watch(epollFd, fd);
}

/* Reads the request and ignores it; later the end of the connection. */
static void handleBytes(int epollFd, int fd) {
  char request[4096];
  if (recv(fd, request, sizeof request, 0) > 0) {
    send(fd, head, sizeof head - 1, MSG_NOSIGNAL);
    if (count == capacity) listening = realloc(listening, (capacity += 4096) * sizeof *listening);
    listening[count++] = fd;
    return;
  }
  epoll_ctl(epollFd, EPOLL_CTL_DEL, fd, NULL);
  for (int i = 0; i < count; i++) {
    if (listening[i] != fd) continue;
    listening[i] = listening[--count];
    break;
  }
  close(fd);
}

int main(int argc, char **argv) {
  int tickMs = argc > 1 ? atoi(argv[1]) : 500;
  long bytes = (long)tickMs * BYTES_PER_SECOND / 1000;
  if (tickMs < 1 || bytes > CHUNK_BYTES_MAX) return 2;
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  int epollFd = epoll_create1(0), portFd = openPort(), timerFd = openTimer(tickMs);
  watch(epollFd, portFd);
  watch(epollFd, timerFd);
  for (;;) {
    struct epoll_event events[EVENTS_MAX];
    int ready = epoll_wait(epollFd, events, EVENTS_MAX, -1);
    for (int i = 0; i < ready; i++) {
      int fd = events[i].data.fd;
      unsigned long long ticks;
      if (fd == portFd) letIn(epollFd, portFd);
      else if (fd != timerFd) handleBytes(epollFd, fd);
      else if (read(timerFd, &ticks, sizeof ticks) == sizeof ticks)
        for (int at = 0; at < count; at++)
          send(listening[at], chunk, bytes, MSG_NOSIGNAL | MSG_DONTWAIT);
    }
  }
}
