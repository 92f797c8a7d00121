#include "remote/address.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "remote/remote.h"
#include "repo/hash.h"
#include "repo/repo.h"
#include "worktree/cache.h"

/*
 * Text, a line a remote, and at last the CRC-32 of all before it:
 *	git-vault addresses 1
 *	<digest of the address> <name>
 *	= <crc>
 */
#define MAGIC "git-vault addresses 1\n"
#define NAME  "addresses"

/* The lines, without the first and the last. 0 or GV_ENOMEM. */
static int
load(struct gv_buf *lines, const struct gv_repo *repo)
{
	struct gv_buf text = GV_BUF_INIT;
	int r = gv_cache_load(&text, repo, NAME);
	size_t end = r == 0 ? gv_cache_text_end(text.p, text.len, MAGIC) : 0;

	if (end)
		gv_buf_add(lines, text.p + strlen(MAGIC), end - strlen(MAGIC));
	gv_buf_release(&text);
	return r == GV_ENOMEM ? r : gv_buf_check(lines);
}

/* The line of a remote, and where the next one begins. */
static const char *
find(const char **next, const struct gv_buf *lines, const char *remote)
{
	const char *p = lines->p, *end = p + lines->len, *nl;
	const size_t len = strlen(remote);

	for (; p < end; p = *next) {
		nl = memchr(p, '\n', (size_t)(end - p));
		*next = nl ? nl + 1 : end;
		if (nl && (size_t)(nl - p) == GV_OID_HEX + 1 + len &&
		    memcmp(nl - len, remote, len) == 0)
			return p;
	}
	return NULL;
}

/* Pipelines log in by a new word each time. */
int
gv_address_digest(char hex[GV_OID_HEX + 1], const char *url)
{
	const char *at = strstr(url, "://"), *host = at ? at + 3 : url;
	const char *user = at ? memchr(host, '@', strcspn(host, "/")) : NULL;
	struct gv_buf text = GV_BUF_INIT;
	struct gv_oid oid;
	int r;

	gv_buf_add(&text, url, (size_t)(host - url));
	gv_buf_addstr(&text, user ? user + 1 : host);
	if ((r = gv_buf_check(&text)) == 0) {
		gv_hash_object(&oid, GV_OTYPE_BLOB, text.p, text.len);
		gv_oid_format(hex, &oid);
	}
	gv_buf_release(&text);
	return r;
}

int
gv_address_look(enum gv_address *out, const struct gv_repo *repo,
    const char *remote, const char *url)
{
	struct gv_buf lines = GV_BUF_INIT;
	char hex[GV_OID_HEX + 1];
	const char *line, *next;
	int r = load(&lines, repo);

	*out = GV_ADDRESS_UNKNOWN;
	if (r == 0)
		r = gv_address_digest(hex, url);
	line = r == 0 ? find(&next, &lines, remote) : NULL;
	if (line)
		*out = memcmp(line, hex, GV_OID_HEX) == 0 ? GV_ADDRESS_SAME
							  : GV_ADDRESS_OTHER;
	gv_buf_release(&lines);
	return r;
}

void
gv_address_save(const struct gv_repo *repo, const char *remote, const char *url)
{
	struct gv_buf lines = GV_BUF_INIT, text = GV_BUF_INIT;
	char hex[GV_OID_HEX + 1];
	const char *line, *next;

	if (strchr(remote, '\n') || gv_address_digest(hex, url) < 0 ||
	    load(&lines, repo) < 0)
		goto out;
	line = find(&next, &lines, remote);
	gv_buf_addstr(&text, MAGIC);
	if (line) {
		gv_buf_add(&text, lines.p, (size_t)(line - lines.p));
		gv_buf_add(&text, next, (size_t)(lines.p + lines.len - next));
	} else {
		gv_buf_add(&text, lines.p, lines.len);
	}
	gv_buf_addf(&text, "%s %s\n", hex, remote);
	gv_cache_seal_text(&text, 0);
	gv_cache_save(repo, NAME, &text, true);
out:
	gv_buf_release(&lines);
	gv_buf_release(&text);
}

static int
save_unknown(const struct gv_repo *repo, const char *remote)
{
	struct gv_buf url = GV_BUF_INIT;
	enum gv_address known;
	int r = gv_remote_address(&url, &repo->config, remote, true);

	if (r > 0) {
		if ((r = gv_address_look(&known, repo, remote, url.p)) == 0 &&
		    known == GV_ADDRESS_UNKNOWN)
			gv_address_save(repo, remote, url.p);
	}
	gv_buf_release(&url);
	return r == GV_ENOMEM || r == GV_ECANCELED ? r : 0;
}

int
gv_address_save_all(const struct gv_repo *repo)
{
	struct gv_remote remote;
	size_t at = 0;
	char *name;
	int r = 0;

	while (r == 0 && gv_remote_next(&remote, &at, &repo->config)) {
		name = strndup(remote.name, remote.len);
		r = name ? save_unknown(repo, name) : gv_err_nomem();
		free(name);
	}
	return r;
}
