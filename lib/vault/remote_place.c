#include "vault/remote.h"

#include <string.h>

#include "base/buf.h"
#include "store/config.h"

/* An address without what does not tell one repository from another: how it is
 * reached, as whom, and ".git". */
static void
add_place(struct gv_buf *out, const char *url)
{
	const char *at = strstr(url, "://"), *host = at ? at + 3 : url, *p;
	size_t n = strcspn(host, "/");

	p = memchr(host, '@', n);
	if (p) {
		n -= (size_t)(p + 1 - host);
		host = p + 1;
	}
	p = memchr(host, ':', n);
	if (p) {
		/* a port, or the path behind it as ssh has it */
		gv_buf_addf(out, "%.*s/", (int)(p - host), host);
		host = at ? p + 1 + strspn(p + 1, "0123456789") : p + 1;
		host += *host == '/';
	}
	gv_buf_addstr(out, host);
	while (out->len && out->p[out->len - 1] == '/')
		gv_buf_truncate(out, out->len - 1);
	if (out->len > 4 && strcmp(out->p + out->len - 4, ".git") == 0)
		gv_buf_truncate(out, out->len - 4);
}

bool
gv_remote_is_same_place(const char *a, const char *b)
{
	struct gv_buf x = GV_BUF_INIT, y = GV_BUF_INIT;
	bool is;

	add_place(&x, a);
	add_place(&y, b);
	is = gv_buf_check(&x) == 0 && gv_buf_check(&y) == 0 &&
	    strcmp(x.p, y.p) == 0;
	gv_buf_release(&x);
	gv_buf_release(&y);
	return is;
}

bool
gv_remote_is_pushed_elsewhere(
    const struct gv_config *config, const char *name, size_t len)
{
	const char *url = NULL, *push = NULL;
	size_t i, urls = 0, pushes = 0;

	for (i = 0; i < config->n; i++) {
		const char *key = config->entries[i].key;

		if (strncmp(key, "remote.", 7) != 0 ||
		    strncmp(key + 7, name, len) != 0 || key[7 + len] != '.')
			continue;
		key += 7 + len + 1;
		if (strcmp(key, "url") == 0 && urls++ == 0)
			url = config->entries[i].value;
		if (strcmp(key, "pushurl") == 0 && pushes++ == 0)
			push = config->entries[i].value;
	}
	if (pushes == 0)
		return urls > 1;
	return pushes > 1 || url == NULL || push == NULL ||
	    !gv_remote_is_same_place(url, push);
}
