#include "param/param_name.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "config/policy.h"
#include "object/loose.h"
#include "object/odb.h"
#include "object/repo_odb.h"
#include "repo/ref.h"
#include "repo/refs.h"
#include "repo/repo.h"
#include "sys/clock.h"
#include "vault/author.h"

/*
 *	object 40 digits
 *	type commit
 *	tag NAME
 *	tagger NAME <MAIL> SECONDS ZONE
 *
 *	configuration NAME
 */
#define OBJECT "object "
#define TYPE   "\ntype commit\n"
#define TAGGER "\ntagger "

static int
ref_of(struct gv_buf *out, const char *name)
{
	gv_buf_addf(out, GV_REFS_CONFIG "%s", name);
	return gv_buf_check(out);
}

/* ---- reading ------------------------------------------------------------- */

static int
read_tag(struct gv_param_name *out, struct gv_arena *arena,
    const struct gv_object *tag)
{
	const char *p = (const char *)tag->data, *end = p + tag->len;
	const size_t front = strlen(OBJECT), at = front + GV_OID_HEX;
	const char *line, *mail, *eol;

	out->author = "";
	if (tag->len < at + strlen(TYPE) || memcmp(p, OBJECT, front) != 0 ||
	    memcmp(p + at, TYPE, strlen(TYPE)) != 0 ||
	    gv_oid_parse(&out->commit, p + front) < 0)
		return gv_err(GV_ECORRUPT, "it is no tag of a commit");
	line = memmem(p, tag->len, TAGGER, strlen(TAGGER));
	if (line == NULL)
		return 0;
	line += strlen(TAGGER);
	eol = memchr(line, '\n', (size_t)(end - line));
	mail = eol ? memrchr(line, '>', (size_t)(eol - line)) : NULL;
	if (mail == NULL)
		return 0;
	/* a line is behind it, so the number ends */
	out->time = strtoll(mail + 1, NULL, 10);
	out->author = gv_arena_copy(arena, line, (size_t)(mail + 1 - line));
	return out->author ? 0 : GV_ENOMEM;
}

static int
load(struct gv_param_name *out, struct gv_arena *arena, struct gv_repo *repo,
    const struct gv_oid *oid)
{
	struct gv_object tag = { .data = NULL };
	struct gv_odb *odb;
	int r;

	if ((r = gv_repo_odb(repo, &odb)) < 0 ||
	    (r = gv_odb_read_type(odb, &tag, oid, GV_OTYPE_TAG)) < 0)
		return r;
	r = read_tag(out, arena, &tag);
	gv_object_release(&tag);
	return r;
}

int
gv_param_names(struct gv_param_names *out, struct gv_repo *repo)
{
	struct gv_refs refs = { .n = 0 };
	struct gv_param_name one;
	const char *name;
	size_t i;
	int r = gv_ref_list(&refs, repo, GV_REFS_CONFIG);

	*out = (struct gv_param_names){ .n = 0 };
	if (r < 0)
		return r;
	out->items = calloc(refs.n + 1, sizeof(*out->items));
	if (out->items == NULL)
		r = gv_err_nomem();
	for (i = 0; r == 0 && i < refs.n; i++) {
		one = (struct gv_param_name){ .time = 0 };
		r = load(&one, &out->arena, repo, &refs.refs[i].oid);
		if (r == 0) {
			name = refs.refs[i].name + strlen(GV_REFS_CONFIG);
			one.name =
			    gv_arena_copy(&out->arena, name, strlen(name));
			if (one.name == NULL)
				r = GV_ENOMEM;
			else
				out->items[out->n++] = one;
		} else if (r == GV_ECORRUPT || r == GV_ENOTFOUND) {
			r = 0;
		}
	}
	gv_refs_release(&refs);
	if (r < 0)
		gv_param_names_release(out);
	return r;
}

void
gv_param_names_release(struct gv_param_names *names)
{
	free(names->items);
	gv_arena_release(&names->arena);
	*names = (struct gv_param_names){ .n = 0 };
}

/* Where the ref of a name is; GV_ENOTFOUND without a message. */
static int
find_ref(struct gv_oid *out, struct gv_repo *repo, const char *name)
{
	struct gv_buf ref = GV_BUF_INIT;
	int r;

	if (!gv_policy_is_name(name))
		return GV_ENOTFOUND;
	if ((r = ref_of(&ref, name)) == 0)
		r = gv_ref_find(out, repo, ref.p);
	if (r == 0 && gv_oid_is_zero(out))
		r = GV_ENOTFOUND;
	gv_buf_release(&ref);
	return r;
}

int
gv_param_name_find(
    struct gv_oid *commit, struct gv_repo *repo, const char *name)
{
	struct gv_param_name one = { .time = 0 };
	struct gv_arena arena = GV_ARENA_INIT;
	struct gv_oid oid;
	int r = find_ref(&oid, repo, name);

	if (r < 0)
		return r;
	r = load(&one, &arena, repo, &oid);
	gv_arena_release(&arena);
	if (r < 0)
		return gv_err_in(GV_ECORRUPT, "the configuration '%s'", name);
	*commit = one.commit;
	return 0;
}

/* ---- changing ------------------------------------------------------------ */

static int
format(struct gv_buf *out, const struct gv_repo *repo, const char *name,
    const struct gv_oid *commit, int64_t now)
{
	const int zone = gv_clock_zone(now);
	char hex[GV_OID_HEX + 1];
	int r = gv_author_check_time(now);

	if (r < 0)
		return r;
	gv_oid_format(hex, commit);
	gv_buf_addf(out, OBJECT "%s" TYPE "tag %s" TAGGER, hex, name);
	gv_author_add_name(out, repo);
	gv_buf_addf(out, " %lld %c%02d%02d\n\nconfiguration %s\n",
	    (long long)now, zone < 0 ? '-' : '+', abs(zone) / 60,
	    abs(zone) % 60, name);
	return gv_buf_check(out);
}

int
gv_param_name_add(struct gv_repo *repo, const char *name,
    const struct gv_oid *commit, int64_t now)
{
	struct gv_buf text = GV_BUF_INIT, ref = GV_BUF_INIT;
	struct gv_ref_tx tx = GV_REF_TX_INIT;
	struct gv_oid tag;
	int r;

	if (!gv_policy_is_name(name))
		return gv_err(GV_EUSAGE,
		    "a name has letters, digits, '.', '_' and '-', at most %d, "
		    "and begins with a letter or digit",
		    GV_POLICY_NAME_MAX);
	if ((r = format(&text, repo, name, commit, now)) < 0 ||
	    (r = ref_of(&ref, name)) < 0 ||
	    (r = gv_loose_write(&tag, repo, GV_OTYPE_TAG, text.p, text.len)) <
		0)
		goto out;
	gv_ref_create(&tx, ref.p, &tag);
	r = gv_ref_commit(&tx, repo);
	if (r == GV_EEXISTS)
		r = gv_err(GV_EEXISTS,
		    "there is a configuration '%s', and a name never moves; to "
		    "remove it: git vault config tag -d %s",
		    name, name);
out:
	gv_ref_tx_release(&tx);
	gv_buf_release(&text);
	gv_buf_release(&ref);
	return r;
}

int
gv_param_name_drop(struct gv_repo *repo, const char *name)
{
	struct gv_ref_tx tx = GV_REF_TX_INIT;
	struct gv_buf ref = GV_BUF_INIT;
	struct gv_oid oid;
	int r = find_ref(&oid, repo, name);

	if (r == GV_ENOTFOUND)
		return gv_err(GV_ENOTFOUND,
		    "there is no configuration '%s'; to list them: git vault "
		    "config tag",
		    name);
	if (r == 0 && (r = ref_of(&ref, name)) == 0) {
		gv_ref_delete(&tx, ref.p, &oid);
		r = gv_ref_commit(&tx, repo);
	}
	gv_ref_tx_release(&tx);
	gv_buf_release(&ref);
	return r;
}
