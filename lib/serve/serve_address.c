#include "serve/serve_backend.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/buf.h"
#include "base/err.h"
#include "sys/file.h"
#include "sys/local.h"

#define BACKLOG 128

/* ---- what it is ---- */

static int
no_address(const char *text)
{
	return gv_err(GV_EUSAGE,
	    "'%s' is nowhere to listen: say ADDRESS:PORT, [ADDRESS]:PORT or "
	    "unix:PATH, the address in digits",
	    text);
}

static bool
read_port(unsigned *out, const char *text)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	*out = (unsigned)n;
	return *text >= '0' && *text <= '9' && *end == '\0' && n <= 65535;
}

static int
parse_path(struct gv_serve_address *out, const char *path, const char *text)
{
	struct sockaddr_un un;

	if (*path == '\0')
		return no_address(text);
	if (strlen(path) >= sizeof(un.sun_path))
		return gv_err(GV_EUSAGE,
		    "the path of a socket has %zu bytes at most, %s has %zu",
		    sizeof(un.sun_path) - 1, path, strlen(path));
	out->family = AF_UNIX;
	out->path = path;
	out->is_local = true;
	return 0;
}

/* Whether these digits are an address, and whether of this host alone. */
static bool
parse_digits(struct gv_serve_address *out)
{
	struct in_addr four;
	struct in6_addr six;

	if (out->family == AF_INET) {
		if (inet_pton(AF_INET, out->host, &four) != 1)
			return false;
		out->is_local = ntohl(four.s_addr) >> 24 == 127;
		return true;
	}
	if (inet_pton(AF_INET6, out->host, &six) != 1)
		return false;
	out->is_local = IN6_IS_ADDR_LOOPBACK(&six);
	return true;
}

/* Whether the n bytes are an address in digits: of IPv6 between brackets. */
static bool
parse_host(struct gv_serve_address *out, const char *host, size_t n)
{
	out->family = AF_INET;
	if (n > 0 && *host == '[') {
		if (n < 2 || host[n - 1] != ']')
			return false;
		out->family = AF_INET6;
		host++;
		n -= 2;
	}
	if (n == 0 || n >= sizeof(out->host))
		return false;
	memcpy(out->host, host, n);
	out->host[n] = '\0';
	return parse_digits(out);
}

int
gv_serve_address_parse(struct gv_serve_address *out, const char *text)
{
	const char *colon;

	memset(out, 0, sizeof(*out));
	if (strncmp(text, "unix:", 5) == 0)
		return parse_path(out, text + 5, text);
	colon = strrchr(text, ':');
	if (colon == NULL || !read_port(&out->port, colon + 1) ||
	    !parse_host(out, text, (size_t)(colon - text)))
		return no_address(text);
	return 0;
}

void
gv_serve_address_format(
    struct gv_buf *out, const struct gv_serve_address *at, bool has_tls)
{
	if (at->family == AF_UNIX)
		gv_buf_addf(out, "unix:%s", at->path);
	else
		gv_buf_addf(out,
		    at->family == AF_INET6 ? "%s://[%s]:%u" : "%s://%s:%u",
		    has_tls ? "https" : "http", at->host, at->port);
}

const char *
gv_serve_address_skip(size_t *len, const char *url)
{
	static const char *const schemes[] = { "http://", "https://" };
	const char *host;
	size_t i, n;

	*len = 0;
	for (i = 0; i < 2; i++) {
		n = strlen(schemes[i]);
		if (strncasecmp(url, schemes[i], n) != 0)
			continue;
		host = url + n;
		*len = strcspn(host, "/?#");
		return host[*len] == '/' ? host + *len : "/";
	}
	return url;
}

/* The name before the port is ours, or "localhost". Monitors leave the port
 * out, or with HTTP/1.0 the whole header; a browser never does the latter. */
bool
gv_serve_address_is_named(const struct gv_serve_address *at, const char *host)
{
	struct gv_serve_address said;
	size_t n;

	if (!at->is_local || at->family == AF_UNIX || host == NULL)
		return true;
	n = strcspn(host, ":");
	if (n == strlen("localhost") && strncasecmp(host, "localhost", n) == 0)
		return true;
	memset(&said, 0, sizeof(said));
	if (parse_host(&said, host, strlen(host)))
		return said.is_local;
	return gv_serve_address_parse(&said, host) == 0 &&
	    said.family != AF_UNIX && said.is_local;
}

/* ---- listening ---- */

union any {
	struct sockaddr any;
	struct sockaddr_in four;
	struct sockaddr_in6 six;
	struct sockaddr_un un;
};

static socklen_t
fill(union any *out, const struct gv_serve_address *at)
{
	memset(out, 0, sizeof(*out));
	out->any.sa_family = (sa_family_t)at->family;
	if (at->family == AF_UNIX) {
		memcpy(out->un.sun_path, at->path, strlen(at->path));
		return sizeof(out->un);
	}
	if (at->family == AF_INET) {
		out->four.sin_port = htons((uint16_t)at->port);
		inet_pton(AF_INET, at->host, &out->four.sin_addr);
		return sizeof(out->four);
	}
	out->six.sin6_port = htons((uint16_t)at->port);
	inet_pton(AF_INET6, at->host, &out->six.sin6_addr);
	return sizeof(out->six);
}

static int
open_socket(const struct gv_serve_address *at)
{
	int on = 1, fd = gv_local_socket(at->family);

	if (fd < 0)
		return -1;
	if (at->family != AF_UNIX)
		(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (at->family == AF_INET6)
		(void)setsockopt(
		    fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	return fd;
}

/* Whoever listened on a file that refuses everybody is gone. */
static bool
is_left(const union any *name, socklen_t len)
{
	int fd = gv_local_socket(AF_UNIX);
	bool left = fd >= 0 && connect(fd, &name->any, len) < 0 &&
	    errno == ECONNREFUSED;

	gv_file_close(fd);
	return left;
}

static int
bind_there(int fd, const struct gv_serve_address *at)
{
	union any name;
	socklen_t len = fill(&name, at);

	if (bind(fd, &name.any, len) == 0)
		return 0;
	if (errno != EADDRINUSE || at->family != AF_UNIX ||
	    !is_left(&name, len)) {
		errno = errno == ECONNREFUSED ? EADDRINUSE : errno;
		return -1;
	}
	return gv_file_remove_socket(AT_FDCWD, at->path) < 0
	    ? -1
	    : bind(fd, &name.any, len);
}

/* Which port it became. */
static void
learn_port(int fd, struct gv_serve_address *at)
{
	union any name;
	socklen_t len = sizeof(name);

	memset(&name, 0, sizeof(name));
	if (getsockname(fd, &name.any, &len) < 0)
		return;
	if (at->family == AF_INET)
		at->port = ntohs(name.four.sin_port);
	else if (at->family == AF_INET6)
		at->port = ntohs(name.six.sin6_port);
}

static int
cannot_listen(const struct gv_serve_address *at)
{
	struct gv_buf text = GV_BUF_INIT;
	bool is_used = errno == EADDRINUSE || errno == EEXIST;
	int r;

	gv_serve_address_format(&text, at, false);
	r = is_used
	    ? gv_err(GV_EEXISTS,
		  "%s is in use already; name another address by --listen",
		  text.p)
	    : gv_err_sys("cannot listen on %s", text.p);
	gv_buf_release(&text);
	return r;
}

int
gv_serve_address_open(int *out, struct gv_serve_address *at)
{
	int fd = open_socket(at), r = 0;

	/* who connects before it listens is refused, so nobody comes in before
	 * the file is ours alone */
	if (fd < 0 || bind_there(fd, at) < 0 ||
	    (at->path && gv_file_make_private(AT_FDCWD, at->path) < 0) ||
	    listen(fd, BACKLOG) < 0)
		r = cannot_listen(at);
	if (r < 0) {
		gv_file_close(fd);
		return r;
	}
	learn_port(fd, at);
	*out = fd;
	return 0;
}

void
gv_serve_address_remove(const struct gv_serve_address *at)
{
	if (at->path)
		(void)gv_file_remove_socket(AT_FDCWD, at->path);
}
