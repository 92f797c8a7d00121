/*
 * A server that speaks as object stores do, for tests. It checks signatures by
 * code of its own, has conditions, pages and parts, and faults that can be
 * switched on. Everything is in memory.
 *
 *	store-mock s3|azure DIR
 *
 * serves 127.0.0.1 on a free port and writes it to DIR/port; a line for each
 * request goes to DIR/log: method, path, status. Files in DIR/on are faults;
 * those with a number in them end after that many times:
 *
 *	busy N      503 SlowDown           lost N    done, but no answer
 *	cut N       half a body, then the end       conflict N  409, try again
 *	short N     half a body, and says that is all
 *	slow        a byte a second        ignore    conditions are not looked at
 *	unknown     501 for conditions     page N    so many keys on a page
 *	order       keys in no order       expired   the token that is valid now
 *	move URL    307 to that host       old       the newest key is not listed
 *	late        200, and then an error in the body
 *	gap N       another part of an object than was asked for
 *	idle        there is always more, and nothing in it: with page 0
 *	locked      what there is can be neither replaced nor deleted (Azure);
 *	locked T    no version can be deleted until that time (S3)
 *	versions    what is deleted is kept        readonly  403 for each DELETE
 *	unversioned 403 for who lists versions
 *	soft N      what is deleted is kept, too, for N days (Azure)
 *	permanent   … and may be deleted for good before
 */
#include "store-mock.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <sodium.h>

struct object *objects;

static const char *dir;
static bool is_azure;
static pthread_mutex_t one = PTHREAD_MUTEX_INITIALIZER;

/* ---- helpers ---- */

void
hex_of(char *out, const unsigned char *p, size_t len)
{
	sodium_bin2hex(out, 2 * len + 1, p, len);
}

const char *
field(const struct request *q, const char *name)
{
	size_t i;

	for (i = 0; i < q->n; i++)
		if (strcasecmp(q->fields[i].name, name) == 0)
			return q->fields[i].value;
	return NULL;
}

void *
larger(void *p, size_t size)
{
	void *q = realloc(p, size);

	if (q == NULL)
		abort();
	return q;
}

void
append(char *text, size_t size, const char *more)
{
	size_t len = strlen(text);

	snprintf(text + len, size - len, "%s", more);
}

static void
decode(char *out, size_t size, const char *text, size_t len)
{
	size_t n = 0, i;
	char two[3] = "";

	for (i = 0; i < len && n + 1 < size; i++) {
		if (text[i] == '%' && i + 2 < len) {
			memcpy(two, text + i + 1, 2);
			out[n++] = (char)strtol(two, NULL, 16);
			i += 2;
		} else {
			out[n++] = text[i];
		}
	}
	out[n] = '\0';
}

bool
param(const struct request *q, const char *name, char *out, size_t size)
{
	const char *p = q->query;
	size_t len = strlen(name);

	*out = '\0';
	while (*p) {
		size_t n = strcspn(p, "&");

		if (strncmp(p, name, len) == 0 &&
		    (p[len] == '=' || p[len] == '&' || p[len] == '\0')) {
			if (p[len] == '=')
				decode(out, size, p + len + 1, n - len - 1);
			return true;
		}
		p += n + (p[n] == '&');
	}
	return false;
}

bool
switched(const char *name, char *out, size_t size)
{
	char path[4096];
	size_t n;
	FILE *f;

	snprintf(path, sizeof(path), "%s/on/%s", dir, name);
	f = fopen(path, "r");
	if (f == NULL)
		return false;
	n = fread(out, 1, size - 1, f);
	fclose(f);
	out[n] = '\0';
	out[strcspn(out, "\n")] = '\0';
	return true;
}

bool
once(const char *name)
{
	char text[64], path[4096];
	long left;
	FILE *f;

	if (!switched(name, text, sizeof(text)))
		return false;
	left = strtol(text, NULL, 10);
	if (left <= 0)
		return false;
	snprintf(path, sizeof(path), "%s/on/%s", dir, name);
	f = fopen(path, "w");
	if (f) {
		fprintf(f, "%ld\n", left - 1);
		fclose(f);
	}
	return true;
}

void
say(struct answer *a, int status, const char *format, ...)
{
	va_list ap;

	a->status = status;
	free(a->body);
	a->body = NULL;
	va_start(ap, format);
	a->len = (size_t)vasprintf(&a->body, format, ap);
	va_end(ap);
}

void
add(struct answer *a, const char *format, ...)
{
	size_t len = strlen(a->fields);
	va_list ap;

	va_start(ap, format);
	vsnprintf(a->fields + len, sizeof(a->fields) - len, format, ap);
	va_end(ap);
}

/* ---- objects ---- */

struct object *
find(const char *key)
{
	struct object *o;

	for (o = objects; o; o = o->next)
		if (strcmp(o->key, key) == 0)
			return o;
	return NULL;
}

void
drop(const char *key)
{
	struct object **p;

	for (p = &objects; *p; p = &(*p)->next)
		if (strcmp((*p)->key, key) == 0) {
			struct object *o = *p;

			*p = o->next;
			free(o->key);
			free(o->data);
			free(o);
			return;
		}
}

struct object *
put(const char *key, const void *data, size_t len)
{
	struct object *o = calloc(1, sizeof(*o)), **p = &objects;
	unsigned char sum[32];

	drop(key);
	while (*p && strcmp((*p)->key, key) < 0)
		p = &(*p)->next;
	o->key = strdup(key);
	o->data = malloc(len + 1);
	memcpy(o->data, len ? data : "", len);
	o->len = len;
	o->at = time(NULL);
	crypto_hash_sha256(sum, o->data, len);
	hex_of(o->etag, sum, 8);
	o->next = *p;
	*p = o;
	return o;
}

int
condition(const struct request *q, const struct object *o, int exists)
{
	const char *none = field(q, "if-none-match");
	const char *match = field(q, "if-match");
	char text[64];

	if (switched("ignore", text, sizeof(text)))
		return 0;
	if (none && strcmp(none, "*") == 0 && o)
		return exists;
	if (match &&
	    (o == NULL || strlen(match) != strlen(o->etag) + 2 ||
		strncmp(match + 1, o->etag, strlen(o->etag)) != 0))
		return 412;
	return 0;
}

void
give(struct answer *a, const struct request *q, const struct object *o)
{
	const char *range = field(q, "range");
	size_t from = 0, to = o->len;
	char *end, date[64];
	struct tm tm;

	a->status = 200;
	if (range == NULL)
		range = field(q, "x-ms-range");
	if (range && strncmp(range, "bytes=", 6) == 0) {
		from = strtoul(range + 6, &end, 10);
		if (*end == '-' && end[1])
			to = strtoul(end + 1, NULL, 10) + 1;
		if (to > o->len)
			to = o->len;
		if (from >= o->len) {
			say(a, 416, "%s", "");
			return;
		}
		if (once("gap"))
			from++;
		a->status = 206;
		add(a, "Content-Range: bytes %zu-%zu/%zu\r\n", from, to - 1,
		    o->len);
	}
	gmtime_r(&o->at, &tm);
	strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S GMT", &tm);
	add(a, "ETag: \"%s\"\r\nLast-Modified: %s\r\n", o->etag, date);
	a->body = malloc(to - from + 1);
	memcpy(a->body, o->data + from, to - from);
	a->len = to - from;
	a->is_object = strcmp(q->method, "GET") == 0;
}

/* ---- HTTP ---- */

struct line {
	int fd;
	char buf[1 << 16];
	size_t at, len;
};

static bool
fill(struct line *l)
{
	ssize_t n = recv(l->fd, l->buf, sizeof(l->buf), 0);

	l->at = 0;
	l->len = n > 0 ? (size_t)n : 0;
	return n > 0;
}

static bool
read_line(struct line *l, char *out, size_t size)
{
	size_t n = 0;

	for (;;) {
		char c;

		if (l->at == l->len && !fill(l))
			return false;
		c = l->buf[l->at++];
		if (c == '\n')
			break;
		if (c != '\r' && n + 1 < size)
			out[n++] = c;
	}
	out[n] = '\0';
	return true;
}

static bool
read_fields(struct line *l, struct request *q)
{
	char text[4096], *colon;

	while (read_line(l, text, sizeof(text))) {
		if (*text == '\0')
			return true;
		colon = strchr(text, ':');
		if (colon == NULL || q->n == FIELDS)
			return false;
		*colon++ = '\0';
		colon += strspn(colon, " ");
		snprintf(q->fields[q->n].name, 64, "%.63s", text);
		snprintf(q->fields[q->n++].value, 2048, "%.2047s", colon);
	}
	return false;
}

static bool
read_body(struct line *l, struct request *q)
{
	const char *len = field(q, "content-length");
	const char *expect = field(q, "expect");
	bool was_over = false;
	size_t got = 0;

	q->len = len ? strtoul(len, NULL, 10) : 0;
	q->body = malloc(q->len + 1);
	if (expect && q->len)
		(void)!write(l->fd, "HTTP/1.1 100 Continue\r\n\r\n", 25);
	while (got < q->len) {
		size_t n;

		if (l->at == l->len && !fill(l))
			return false;
		n = l->len - l->at;
		if (n > q->len - got)
			n = q->len - got;
		memcpy(q->body + got, l->buf + l->at, n);
		l->at += n;
		got += n;
		/* the network of a large body breaks in its middle */
		if (q->len > 1 << 20 && got > q->len / 2 && !was_over &&
		    once("broken"))
			return false;
		was_over = got > q->len / 2;
	}
	return true;
}

static bool
read_request(struct line *l, struct request *q)
{
	char text[8192];
	char *space, *mark;

	memset(q, 0, sizeof(*q));
	if (!read_line(l, text, sizeof(text)))
		return false;
	space = strchr(text, ' ');
	if (space == NULL)
		return false;
	*space = '\0';
	snprintf(q->method, sizeof(q->method), "%.15s", text);
	mark = space + 1;
	mark[strcspn(mark, " ")] = '\0';
	snprintf(q->raw, sizeof(q->raw), "%.4095s", mark);
	mark = strchr(q->raw, '?');
	if (mark) {
		snprintf(q->query, sizeof(q->query), "%s", mark + 1);
		*mark = '\0';
	}
	decode(q->path, sizeof(q->path), q->raw, strlen(q->raw));
	return read_fields(l, q) && read_body(l, q);
}

static void
note(const struct request *q, int status)
{
	const char *lock = field(q, "x-amz-object-lock-mode");
	char path[4096];
	FILE *f;

	snprintf(path, sizeof(path), "%s/log", dir);
	f = fopen(path, "a");
	if (f == NULL)
		return;
	fprintf(f, "%s %s%s%s %d", q->method, q->path, *q->query ? "?" : "",
	    q->query, status);
	if (lock)
		fprintf(f, " locked %s", lock);
	fputc('\n', f);
	fclose(f);
}

/* Whether the connection goes on. */
static bool
send_answer(int fd, const struct request *q, const struct answer *a)
{
	char head[4096], text[64], date[64];
	size_t len = a->len, sent = a->len, i;
	bool is_slow = switched("slow", text, sizeof(text));
	time_t now = time(NULL);
	struct tm tm;

	if (a->is_object && once("short"))
		len = sent = a->len / 2;
	if (a->is_object && once("cut"))
		sent = a->len / 2;
	gmtime_r(&now, &tm);
	strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S GMT", &tm);
	snprintf(head, sizeof(head),
	    "HTTP/1.1 %d Status\r\nDate: %s\r\nContent-Length: %zu\r\n%s\r\n",
	    a->status, date, len, a->fields);
	if (write(fd, head, strlen(head)) < 0)
		return false;
	if (strcmp(q->method, "HEAD") == 0)
		return true;
	for (i = 0; i < sent;) {
		size_t n = is_slow && a->is_object ? 1 : sent - i;
		ssize_t w = write(fd, a->body + i, n);

		if (w < 0)
			return false;
		i += (size_t)w;
		if (is_slow && a->is_object)
			sleep(1);
	}
	return sent == len;
}

static void *
serve(void *ctx)
{
	struct line *l = ctx;
	struct request *q = malloc(sizeof(*q));
	bool goes_on = true;

	while (goes_on && read_request(l, q)) {
		struct answer a = { .status = 500 };
		char where[256];

		pthread_mutex_lock(&one);
		if (once("busy"))
			say(&a, 503, "<Error><Code>SlowDown</Code></Error>");
		else if (switched("move", where, sizeof(where)) && *where) {
			say(&a, 307,
			    "<Error><Code>TemporaryRedirect</Code></Error>");
			add(&a, "Location: %s%s\r\n", where, q->raw);
		} else if (is_azure)
			serve_azure(q, &a);
		else
			serve_s3(q, &a);
		note(q, a.status);
		/* of what changes something */
		goes_on = strcmp(q->method, "GET") == 0 ||
		    strcmp(q->method, "HEAD") == 0 || !once("lost");
		pthread_mutex_unlock(&one);
		if (goes_on)
			goes_on = send_answer(l->fd, q, &a);
		free(a.body);
		free(q->body);
	}
	close(l->fd);
	free(q);
	free(l);
	return NULL;
}

static bool
write_port(int port)
{
	char path[4096], name[4096];
	FILE *f;

	snprintf(path, sizeof(path), "%s/port.new", dir);
	snprintf(name, sizeof(name), "%s/port", dir);
	f = fopen(path, "w");
	if (f == NULL)
		return false;
	fprintf(f, "%d\n", port);
	return fclose(f) == 0 && rename(path, name) == 0;
}

static bool
listen_somewhere(int fd)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(at);

	return bind(fd, (struct sockaddr *)&at, sizeof(at)) == 0 &&
	    listen(fd, 64) == 0 &&
	    getsockname(fd, (struct sockaddr *)&at, &len) == 0 &&
	    write_port(ntohs(at.sin_port));
}

/* Serve one connection in a thread of its own. */
static bool
begin(int fd)
{
	struct line *l = calloc(1, sizeof(*l));
	pthread_t thread;

	if (l == NULL)
		return false;
	l->fd = fd;
	if (pthread_create(&thread, NULL, serve, l) != 0) {
		free(l);
		return false;
	}
	pthread_detach(thread);
	return true;
}

int
main(int argc, char **argv)
{
	int fd, one_fd;

	if (argc != 3 || sodium_init() < 0)
		return 129;
	is_azure = strcmp(argv[1], "azure") == 0;
	dir = argv[2];
	signal(SIGPIPE, SIG_IGN);
	fd = socket(AF_INET, SOCK_STREAM, 0);
	if (fd < 0 || !listen_somewhere(fd)) {
		perror("store-mock");
		return 128;
	}
	do
		one_fd = accept(fd, NULL, NULL);
	while (one_fd >= 0 && begin(one_fd));
	close(fd);
	return 128;
}
