#include <string.h>

#include "base/buf.h"
#include "remote/remote.h"

/* Append what stands between "://" and the next one, or the end, of a URL: no
 * "user:password@" (a user alone is kept for ssh, where it is the address),
 * and no query, which may hold a token. The rest of the text is returned. */
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
	gv_buf_add(out, host, (size_t)((query ? query : end) - host));
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
