#include "vault/remote.h"

#include <string.h>

#include "store/config.h"

struct part {
	const char *p;
	size_t n;
};

/* scheme://user@host:port/path, or user@host:path as ssh has it, or a path. */
struct address {
	struct part scheme, user, host, port, path;
	bool is_ssh;
};

/* Take what ends with "@" off the front of *rest, where there is one. */
static struct part
take_user(struct part *rest)
{
	struct part user = { rest->p, 0 };
	const char *at = memchr(rest->p, '@', rest->n);

	if (at) {
		user.n = (size_t)(at - rest->p);
		rest->p += user.n + 1;
		rest->n -= user.n + 1;
	}
	return user;
}

/* The same up to ":" or the end; in brackets there are colons, too. */
static struct part
take_host(struct part *rest)
{
	const char *from = rest->p, *end = from + rest->n, *colon;

	if (rest->n && *from == '[')
		colon = memchr(from, ']', rest->n);
	else
		colon = from;
	colon = colon ? memchr(colon, ':', (size_t)(end - colon)) : NULL;
	rest->p = colon ? colon + 1 : end;
	rest->n = (size_t)(end - rest->p);
	return (struct part){ from, (size_t)((colon ? colon : end) - from) };
}

static bool
equal(const struct part *a, const struct part *b)
{
	return a->n == b->n && memcmp(a->p, b->p, a->n) == 0;
}

static void
trim(struct part *path)
{
	while (path->n && path->p[path->n - 1] == '/')
		path->n--;
	if (path->n > 4 && memcmp(path->p + path->n - 4, ".git", 4) == 0)
		path->n -= 4;
	for (; path->n && *path->p == '/'; path->p++)
		path->n--;
}

static void
read_address(struct address *out, const char *url)
{
	const char *at = strstr(url, "://"), *from = at ? at + 3 : url;
	struct part rest = { from, strcspn(from, "/") };
	const char *path = from + rest.n;

	out->scheme = (struct part){ url, at ? (size_t)(at - url) : 0 };
	out->user = take_user(&rest);
	out->host = take_host(&rest);
	out->is_ssh = at ? memmem(url, (size_t)(at - url), "ssh", 3) != NULL
			 : rest.p > out->host.p + out->host.n;
	out->port = (struct part){ rest.p, at ? rest.n : 0 };
	if (at == NULL && out->is_ssh)
		path = rest.p;
	out->path = (struct part){ path, strlen(path) };
}

/* Whether it is below the home directory of who logs in. */
static bool
is_at_home(const struct address *a)
{
	return a->is_ssh &&
	    (a->scheme.n ? strncmp(a->path.p, "/~", 2) == 0
			 : *a->path.p != '/');
}

bool
gv_remote_is_same_place(const char *one, const char *other)
{
	struct address a, b;
	bool is_at = true;

	read_address(&a, one);
	read_address(&b, other);
	/* two schemes have ports of their own for one place, and only a home
	 * directory is another one for another user */
	if (a.scheme.n && equal(&a.scheme, &b.scheme))
		is_at = equal(&a.port, &b.port);
	if (is_at_home(&a) && is_at_home(&b))
		is_at = is_at && equal(&a.user, &b.user);
	trim(&a.path);
	trim(&b.path);
	return is_at && equal(&a.host, &b.host) && equal(&a.path, &b.path);
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
