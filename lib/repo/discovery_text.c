#include <stdlib.h>
#include <string.h>

#include "repo/discovery_internal.h"
#include "repo/hash.h"

/*
 * Strings that end with NUL:
 *
 *	git-vault discovery 1
 *	<40 digits: the digest of all that follows>
 *	<40 digits: the key>
 *	git_dir common_dir objects_dir index_file worktree prefix git_version
 *	<number of stamps> path stamp path stamp …
 *	the configuration, to the end
 */

#define MAGIC "git-vault discovery 1"
#define HEX   (GV_OID_HEX + 1)

static void
sum(char out[HEX], const char *p, size_t len)
{
	struct gv_oid digest;

	gv_hash_plain(&digest, p, len);
	gv_oid_format(out, &digest);
}

static void
add(struct gv_buf *out, const char *s)
{
	gv_buf_add(out, s, strlen(s) + 1);
}

void
gv_discovery_format(struct gv_buf *out, const struct gv_oid *key,
    const struct gv_discovery_text *d, const struct gv_discovery_stamps *s)
{
	struct gv_buf body = GV_BUF_INIT;
	char hex[HEX];

	gv_oid_format(hex, key);
	add(&body, hex);
	add(&body, d->git_dir);
	add(&body, d->common_dir);
	add(&body, d->objects_dir);
	add(&body, d->index_file);
	add(&body, d->worktree);
	add(&body, d->prefix);
	add(&body, d->git_version);
	gv_buf_addf(&body, "%zu", s->n);
	gv_buf_addch(&body, '\0');
	gv_buf_add(&body, s->text.p, s->text.len);
	gv_buf_add(&body, d->config, d->config_len);
	sum(hex, body.p, body.len);
	add(out, MAGIC);
	add(out, hex);
	gv_buf_add(out, body.p, body.len);
	out->failed = out->failed || body.failed;
	gv_buf_release(&body);
}

/* The next string, NULL behind the last. */
static const char *
take(const char **p, const char *end)
{
	const char *s = *p,
		   *nul = s < end ? memchr(s, 0, (size_t)(end - s)) : 0;

	if (nul)
		*p = nul + 1;
	return nul ? s : NULL;
}

/* The head up to the answers. */
static bool
check_head(const char **p, const char *end, const struct gv_oid *key)
{
	char hex[HEX];
	const char *s = take(p, end);

	if (s == NULL || strcmp(s, MAGIC) != 0)
		return false;
	s = take(p, end);
	if (s == NULL)
		return false;
	sum(hex, *p, (size_t)(end - *p));
	if (strcmp(s, hex) != 0)
		return false;
	s = take(p, end);
	gv_oid_format(hex, key);
	return s && strcmp(s, hex) == 0;
}

bool
gv_discovery_parse(struct gv_discovery_text *out, const char **stamps,
    size_t *n_stamps, const char *text, size_t len, const struct gv_oid *key)
{
	const char *p = text, *end = text + len, *number;
	const char **const answers[] = { &out->git_dir, &out->common_dir,
		&out->objects_dir, &out->index_file, &out->worktree,
		&out->prefix, &out->git_version };
	size_t i;

	if (!check_head(&p, end, key))
		return false;
	for (i = 0; i < sizeof(answers) / sizeof(answers[0]); i++)
		if ((*answers[i] = take(&p, end)) == NULL)
			return false;
	number = take(&p, end);
	if (number == NULL)
		return false;
	*n_stamps = strtoul(number, NULL, 10);
	if (*n_stamps == 0)
		return false;
	*stamps = p;
	for (i = 0; i < *n_stamps; i++) {
		if (take(&p, end) == NULL) /* the path */
			return false;
		if (take(&p, end) == NULL) /* its stamp */
			return false;
	}
	out->config = p;
	out->config_len = (size_t)(end - p);
	return true;
}
