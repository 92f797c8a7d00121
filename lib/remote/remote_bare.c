#include <stdbool.h>
#include <string.h>

#include "base/buf.h"
#include "remote/remote.h"
#include "scan/score.h"

#define SEGMENT_MIN 16 /* bytes of what may be a token */
#define SEGMENT_MAX 512

/* Whether a part of a path is as random as a token: what the server lets in
 * whoever knows it. */
static bool
is_token(const char *p, size_t len)
{
	struct gv_value v;

	if (len < SEGMENT_MIN || len > SEGMENT_MAX)
		return false;
	gv_value_judge(&v, p, len);
	return gv_score_value(&v, p, len) >= GV_SCORE_UUID;
}

/* The path of an address, what looks like a token left out. */
static void
add_path(struct gv_buf *out, const char *p, const char *end)
{
	static const char git[] = ".git";
	const size_t n = sizeof(git) - 1;
	const char *next;
	size_t len, name;

	for (; p < end; p = next) {
		const char *slash = memchr(p, '/', (size_t)(end - p));

		next = slash ? slash + 1 : end;
		len = (size_t)((slash ? slash : end) - p);
		name =
		    len > n && memcmp(p + len - n, git, n) == 0 ? len - n : len;
		if (is_token(p, name)) {
			gv_buf_addstr(out, GV_REMOTE_WITHHELD);
			gv_buf_add(out, p + name, (size_t)(next - p) - name);
		} else {
			gv_buf_add(out, p, (size_t)(next - p));
		}
	}
}

/* Append what stands between "://" and the next one, or the end, of a URL: no
 * "user:password@" (a user alone is kept for ssh, where it is the address), no
 * token in its path, and no query, which may hold one. The rest of the text is
 * returned. */
static const char *
add_url(struct gv_buf *out, const char *p, bool is_ssh)
{
	const char *end = p + strcspn(p, " \t\n\"'"), *at, *query;
	const char *host = p, *slash = p + strcspn(p, "/?# \t\n\"'");

	/* the last '@' before the host's end; a password may hold others */
	for (at = p; at < slash; at++)
		if (*at == '@')
			host = at + 1;
	if (is_ssh && !memchr(p, ':', (size_t)(host - p)))
		host = p;
	query = memchr(host, '?', (size_t)(end - host));
	if (slash < host)
		slash = host;
	gv_buf_add(out, host, (size_t)(slash - host));
	add_path(out, slash, query ? query : end);
	return end;
}

void
gv_remote_add_bare(struct gv_buf *out, const char *text)
{
	const char *scheme;

	while ((scheme = strstr(text, "://"))) {
		const bool is_ssh =
		    scheme - text >= 3 && memcmp(scheme - 3, "ssh", 3) == 0;

		gv_buf_add(out, text, (size_t)(scheme + 3 - text));
		text = add_url(out, scheme + 3, is_ssh);
	}
	gv_buf_addstr(out, text);
}
