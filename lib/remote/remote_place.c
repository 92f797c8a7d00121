#include "remote/remote.h"

#include <string.h>

#include "base/buf.h"
#include "repo/config.h"
#include "sys/proc.h"

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

/* Append an address as git takes it: where a beginning of it is the value of
 * url.<base>.<word>, with the base in its place, by the longest such. Whether
 * there was one. (git-config(1), url.<base>.insteadOf and pushInsteadOf) */
static bool
add_rewritten(struct gv_buf *out, const struct gv_config *config,
    const char *url, const char *word)
{
	const char *base = NULL;
	size_t i, base_len = 0, from = 0;

	for (i = 0; i < config->n; i++) {
		const struct gv_config_entry *e = &config->entries[i];
		const char *end = strrchr(e->key, '.');
		size_t len = e->value ? strlen(e->value) : 0;

		if (strncmp(e->key, "url.", 4) != 0 || end < e->key + 4 ||
		    strcmp(end + 1, word) != 0 || len <= from ||
		    strncmp(e->value, url, len) != 0)
			continue;
		base = e->key + 4;
		base_len = (size_t)(end - base);
		from = len;
	}
	gv_buf_add(out, base, base_len);
	gv_buf_addstr(out, url + from);
	return base != NULL;
}

/* Whether a push goes to another place than a fetch comes from; `push` is the
 * one address for it, or NULL. */
static bool
differ(const struct gv_config *config, const char *url, const char *push)
{
	struct gv_buf from = GV_BUF_INIT, to = GV_BUF_INIT;
	bool is_other;

	add_rewritten(&from, config, url, "insteadof");
	if (push)
		add_rewritten(&to, config, push, "insteadof");
	else if (!add_rewritten(&to, config, url, "pushinsteadof")) {
		gv_buf_reset(&to);
		gv_buf_addstr(&to, from.p);
	}
	is_other = gv_buf_check(&from) < 0 || gv_buf_check(&to) < 0 ||
	    !gv_remote_is_same_place(from.p, to.p);
	gv_buf_release(&from);
	gv_buf_release(&to);
	return is_other;
}

/* What is set for a remote: its first addresses, and how many there are. */
struct addresses {
	const char *url, *push;
	size_t urls, pushes;
	bool is_reset; /* one is empty: newer gits start again behind it */
};

static void
find_addresses(struct addresses *out, const struct gv_config *config,
    const char *name, size_t len)
{
	size_t i;

	*out = (struct addresses){ .url = NULL };
	for (i = 0; i < config->n; i++) {
		const char *key = config->entries[i].key;
		const char *value = config->entries[i].value;
		bool is_url, is_push;

		if (strncmp(key, "remote.", 7) != 0 ||
		    strncmp(key + 7, name, len) != 0 || key[7 + len] != '.')
			continue;
		key += 7 + len + 1;
		is_url = strcmp(key, "url") == 0;
		is_push = strcmp(key, "pushurl") == 0;
		if (is_url && out->urls++ == 0)
			out->url = value;
		if (is_push && out->pushes++ == 0)
			out->push = value;
		if (is_url || is_push)
			out->is_reset |= value == NULL || *value == '\0';
	}
}

bool
gv_remote_is_pushed_elsewhere(
    const struct gv_config *config, const char *name, size_t len)
{
	struct addresses set;

	find_addresses(&set, config, name, len);
	if (set.pushes > 1 || (set.pushes == 0 && set.urls > 1))
		return true;
	if (set.url == NULL || (set.pushes && set.push == NULL))
		return set.pushes > 0;
	return differ(config, set.url, set.push);
}

/* As git says it; the first of several. */
static int
ask(struct gv_buf *out, const char *name, bool is_push)
{
	const char *const push[] = { "git", "remote", "get-url", "--push", "--",
		name, NULL };
	const char *const fetch[] = { "git", "ls-remote", "--get-url", "--",
		name, NULL };
	struct gv_proc git = GV_PROC_INIT;
	int r = gv_proc_run(
	    &git, &(struct gv_proc_opts){ .argv = is_push ? push : fetch });
	const bool is_there = r == 0 && git.status == 0 && git.out.len;

	if (is_there) {
		gv_buf_add(out, git.out.p, strcspn(git.out.p, "\n"));
		r = gv_buf_check(out);
	}
	gv_proc_release(&git);
	return r < 0 ? r : (int)is_there;
}

int
gv_remote_address(struct gv_buf *out, const struct gv_config *config,
    const char *name, bool is_push)
{
	struct addresses set;
	int r;

	find_addresses(&set, config, name, strlen(name));
	if (set.url == NULL || set.is_reset ||
	    (is_push && (set.pushes > 1 || set.urls > 1)))
		return ask(out, name, is_push);
	if (!is_push)
		add_rewritten(out, config, set.url, "insteadof");
	else if (set.push)
		add_rewritten(out, config, set.push, "insteadof");
	else if (!add_rewritten(out, config, set.url, "pushinsteadof")) {
		gv_buf_reset(out);
		add_rewritten(out, config, set.url, "insteadof");
	}
	r = gv_buf_check(out);
	return r < 0 ? r : 1;
}
