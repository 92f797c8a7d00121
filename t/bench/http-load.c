/* A load of HTTP: clients that each send a GET and wait for its answer, over
 * connections that stay open, in one thread. Prints one line:
 *
 *	REQUESTS SECONDS RATE P50 P99 MAX FAILED	times in microseconds
 *
 *	http-load PORT CLIENTS SECONDS HEADER PATHS
 *
 * HEADER is a line of each request, or "". PATHS is a file with one path a
 * line; each client goes through them from another place. An answer counts as
 * failed if its status is not 200 or 304, or its connection ends. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define HEAD_MAX 16384
#define TIMES    (1u << 24)

struct client {
	int fd;
	size_t next; /* path */
	double sent;
	char head[HEAD_MAX];
	size_t len;
	size_t left; /* of the body */
	bool is_body;
};

static char **paths;
static size_t n_paths;
static const char *header;
static float *times;
static size_t n_times, failed;
static struct client *clients;
static struct sockaddr_in address = { .sin_family = AF_INET };

static void
die(const char *what)
{
	perror(what);
	exit(1);
}

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void
send_next(struct client *c)
{
	char text[4096];
	int n = snprintf(text, sizeof(text),
	    "GET %s HTTP/1.1\r\nHost: localhost\r\n%s%s\r\n",
	    paths[c->next++ % n_paths], header, *header ? "\r\n" : "");

	c->len = c->left = 0;
	c->is_body = false;
	c->sent = now();
	if (n < 0 || (size_t)n >= sizeof(text) ||
	    write(c->fd, text, (size_t)n) != n)
		die("write");
}

static void
open_client(struct client *c, int epoll)
{
	struct epoll_event e = { .events = EPOLLIN, .data.ptr = c };
	int on = 1;

	c->fd = socket(AF_INET, SOCK_STREAM, 0);
	if (c->fd < 0 ||
	    connect(c->fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		die("connect");
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (epoll_ctl(epoll, EPOLL_CTL_ADD, c->fd, &e) < 0)
		die("epoll");
}

static void
done(struct client *c, bool is_good)
{
	failed += !is_good;
	if (n_times < TIMES)
		times[n_times++] = (float)(now() - c->sent);
}

/* The head is there: what follows it belongs to the body. */
static bool
begin_body(struct client *c, char *end)
{
	const size_t had = c->len - (size_t)(end + 4 - c->head);
	char *length;

	*end = '\0';
	length = strcasestr(c->head, "\r\ncontent-length:");
	c->left = length ? strtoul(length + 17, NULL, 10) : 0;
	c->is_body = true;
	if (had > c->left)
		return false;
	c->left -= had;
	return true;
}

static bool
is_good(const struct client *c)
{
	return strncmp(c->head, "HTTP/1.1 200", 12) == 0 ||
	    strncmp(c->head, "HTTP/1.1 304", 12) == 0;
}

/* Read what has come. False: the connection is of no use any more. */
static bool
receive(struct client *c, bool goes_on)
{
	static char body[1 << 18];
	ssize_t n;
	char *end;

	if (c->is_body) {
		n = read(c->fd, body, sizeof(body));
		if (n <= 0 || (size_t)n > c->left)
			return false;
		c->left -= (size_t)n;
	} else {
		n = read(c->fd, c->head + c->len, HEAD_MAX - 1 - c->len);
		if (n <= 0)
			return false;
		c->len += (size_t)n;
		c->head[c->len] = '\0';
		end = strstr(c->head, "\r\n\r\n");
		if (end == NULL)
			return c->len < HEAD_MAX - 1;
		if (!begin_body(c, end))
			return false;
	}
	if (c->left)
		return true;
	done(c, is_good(c));
	if (goes_on)
		send_next(c);
	return true;
}

static int
compare(const void *a, const void *b)
{
	const float x = *(const float *)a, y = *(const float *)b;

	return (x > y) - (x < y);
}

static void
read_paths(const char *name)
{
	FILE *f = fopen(name, "r");
	char line[2048];

	if (f == NULL)
		die(name);
	while (fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		paths = realloc(paths, (n_paths + 1) * sizeof(*paths));
		paths[n_paths++] = strdup(line);
	}
	fclose(f);
	if (n_paths == 0)
		exit(1);
}

int
main(int argc, char **argv)
{
	struct epoll_event events[64];

	double began, end;
	int n, i, k, epoll = epoll_create1(0);

	if (argc != 6) {
		fprintf(stderr,
		    "usage: http-load PORT CLIENTS SECONDS HEADER PATHS\n");
		return 129;
	}
	n = atoi(argv[2]);
	header = argv[4];
	read_paths(argv[5]);
	address.sin_port = htons((unsigned short)atoi(argv[1]));
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	times = malloc(TIMES * sizeof(*times));
	clients = calloc((size_t)n, sizeof(*clients));
	if (times == NULL || clients == NULL || epoll < 0)
		die("memory");
	for (i = 0; i < n; i++) {
		clients[i].next = n_paths / (size_t)n * (size_t)i;
		open_client(&clients[i], epoll);
	}
	began = now();
	end = began + atof(argv[3]) * 1e6;
	for (i = 0; i < n; i++)
		send_next(&clients[i]);
	while (now() < end) {
		k = epoll_wait(epoll, events, 64, 100);
		for (i = 0; i < k; i++) {
			struct client *c = events[i].data.ptr;

			if (receive(c, now() < end))
				continue;
			done(c, false);
			close(c->fd);
			open_client(c, epoll);
			send_next(c);
		}
	}
	end = now();
	qsort(times, n_times, sizeof(*times), compare);
	if (n_times == 0)
		return 1;
	printf("%zu %.2f %.0f %.0f %.0f %.0f %zu\n", n_times,
	    (end - began) / 1e6, (double)n_times * 1e6 / (end - began),
	    (double)times[n_times / 2], (double)times[n_times / 100 * 99],
	    (double)times[n_times - 1], failed);
	return 0;
}
