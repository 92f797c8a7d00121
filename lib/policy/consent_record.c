#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/lines.h"
#include "key/keyring_store.h"
#include "policy/consent_internal.h"
#include "repo/hash.h"
#include "repo/oid.h"
#include "repo/repo.h"
#include "sys/file.h"
#include "worktree/cache.h"

/*
 * The record of a clone, and the cache of what the keyring says:
 *	git-vault policy 1
 *	keyring <40 digits> <version>	of its commit; zeros: of this clone
 *	file <name> <bytes>		each that was accepted, and then its
 *	<bytes>				bytes and LF
 *	= <8 digits>			the sum of all that
 */

#define HEAD "git-vault policy 1\n"

int
gv_consent_format(struct gv_buf *out, const struct gv_consent *consent,
    const struct gv_oid *tip)
{
	size_t from = out->len;
	char hex[GV_OID_HEX + 1];
	int i;

	gv_oid_format(hex, tip);
	gv_buf_addf(out, HEAD "keyring %s %u\n", hex, consent->version);
	for (i = 0; i < GV_CONSENT_FILES; i++) {
		const struct gv_buf *text = &consent->texts[i];

		if (!consent->has[i])
			continue;
		gv_buf_addf(
		    out, "file %s %zu\n", gv_consent_files[i], text->len);
		gv_buf_add(out, text->p, text->len);
		gv_buf_addch(out, '\n');
	}
	gv_cache_seal_text(out, from);
	return gv_buf_check(out);
}

static const char *
take_number(size_t *out, const char *p, const char *end)
{
	size_t n = 0;

	if (p == NULL || p == end || *p < '0' || *p > '9')
		return NULL;
	for (; p < end && *p >= '0' && *p <= '9'; p++) {
		if (n > SIZE_MAX / 100)
			return NULL;
		n = n * 10 + (size_t)(*p - '0');
	}
	*out = n;
	return gv_lines_after(p, end, "\n");
}

/* The bytes of a file, from behind "file NAME ". */
static const char *
take_file(struct gv_consent *out, int i, const char *p, const char *end)
{
	size_t len = 0;

	p = take_number(&len, p, end);
	if (p == NULL || len >= (size_t)(end - p))
		return NULL;
	gv_buf_reset(&out->texts[i]);
	gv_buf_add(&out->texts[i], p, len);
	out->has[i] = true;
	return gv_lines_after(p + len, end, "\n");
}

int
gv_consent_parse(
    struct gv_consent *out, struct gv_oid *tip, const char *text, size_t len)
{
	const char *p, *end, *next;
	size_t version = 0;
	int i;

	gv_consent_init(out);
	end = text + gv_cache_text_end(text, len, HEAD);
	p = gv_lines_after(text, end, HEAD "keyring ");
	if (p == NULL || end - p <= GV_OID_HEX || gv_oid_parse(tip, p) < 0)
		return GV_ECORRUPT;
	p = gv_lines_after(p + GV_OID_HEX, end, " ");
	p = take_number(&version, p, end);
	out->version = (unsigned)version;
	for (i = 0; p && i < GV_CONSENT_FILES; i++) {
		struct gv_buf word = GV_BUF_INIT;

		gv_buf_addf(&word, "file %s ", gv_consent_files[i]);
		if (gv_buf_check(&word) < 0)
			return GV_ENOMEM;
		next = gv_lines_after(p, end, word.p);
		if (next)
			p = take_file(out, i, next, end);
		gv_buf_release(&word);
	}
	for (i = 0; i < GV_CONSENT_FILES; i++)
		if (gv_buf_check(&out->texts[i]) < 0)
			return GV_ENOMEM;
	return p == end ? 0 : GV_ECORRUPT;
}

/* ---- recording ---------------------------------------------------------- */

int
gv_consent_record(const struct gv_consent *consent, const struct gv_repo *repo)
{
	static const struct gv_oid none;
	struct gv_buf path = GV_BUF_INIT, file = GV_BUF_INIT;
	unsigned mask = gv_repo_share(repo);
	int r;

	gv_buf_addf(&path, "%s/vault", repo->common_dir);
	if ((r = gv_buf_check(&path)) < 0 ||
	    (r = gv_file_mkdirs(AT_FDCWD, path.p, 0777)) < 0 ||
	    (r = gv_consent_format(&file, consent, &none)) < 0)
		goto out;
	gv_buf_reset(&path);
	gv_buf_addf(&path, "%s/" GV_CONSENT_RECORD, repo->common_dir);
	if ((r = gv_buf_check(&path)) < 0)
		goto out;
	r = gv_file_replace(AT_FDCWD, path.p, file.p, file.len, 0666, true);
out:
	gv_repo_unshare(mask);
	gv_buf_release(&path);
	gv_buf_release(&file);
	return r;
}

int
gv_consent_settle(struct gv_repo *repo)
{
	struct gv_consent consent;
	int r = gv_consent_load(&consent, repo);

	if (r == 0 && consent.why == NULL &&
	    (consent.from == GV_CONSENT_HERE ||
		consent.from == GV_CONSENT_NOBODY))
		r = gv_consent_record(&consent, repo);
	gv_consent_release(&consent);
	/* where nothing can be written nothing is accepted: that is strict */
	return r == GV_ERROR ? 0 : r;
}

size_t
gv_consent_list(struct gv_keyring_file files[GV_CONSENT_FILES],
    const struct gv_consent *consent)
{
	size_t n = 0;
	int i;

	for (i = 0; i < GV_CONSENT_FILES; i++)
		if (consent->has[i])
			files[n++] =
			    (struct gv_keyring_file){ gv_consent_entries[i],
				    consent->texts[i].p,
				    consent->texts[i].len };
	return n;
}

void
gv_consent_name(struct gv_oid *out, const struct gv_consent *consent,
    enum gv_consent_file file)
{
	gv_consent_name_text(
	    out, consent->texts[file].p, consent->texts[file].len);
}

void
gv_consent_name_text(struct gv_oid *out, const char *text, size_t len)
{
	gv_hash_object(out, GV_OTYPE_BLOB, text, len);
}
