#include "replica/replica_memory.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/enc.h"
#include "base/err.h"
#include "base/vec.h"
#include "repo/repo.h"
#include "sys/file.h"

/*
 *	git-vault-replica 1
 *	store ID
 *	host HOST
 *	pushed TIME
 *	succeeded TIME
 *	count REQUESTS OUT IN
 *	promises N
 *	whole BYTES
 *	encrypted 0 or 1
 *	pending HOST SEQ SHA256
 *	seen HOST SEQ SHA256
 *	verified LEVEL TIME SEQ
 *	damaged TIME BY MEND SENTENCE
 */
#define MAGIC "git-vault-replica 1\n"
#define MAX   ((size_t)1 << 20)

const char *const gv_replica_levels[GV_REPLICA_LEVELS] = { "listed", "hashed",
	"read" };

static const char *const mends[GV_REPLICA_MENDS] = { "whole", "begin",
	"other" };

int
gv_replica_memory_dir(
    struct gv_buf *out, const struct gv_repo *repo, const char *target)
{
	gv_buf_addf(out, "%s/vault/replica/%s", repo->common_dir, target);
	return gv_buf_check(out);
}

void
gv_replica_memory_release(struct gv_replica_memory *m)
{
	if (m == NULL)
		return;
	free(m->seen);
	free(m->damage.text);
	memset(m, 0, sizeof(*m));
}

static const char *
finder(unsigned by)
{
	return by < GV_REPLICA_LEVELS ? gv_replica_levels[by] : "push";
}

/* How deep a look is. */
static unsigned
depth(const struct gv_replica_damage *d)
{
	return d->by < GV_REPLICA_LEVELS ? d->by + 1 : 0;
}

/* What only a deep look shows is not forgotten for what a shallow one finds. */
int
gv_replica_memory_damage(
    struct gv_replica_memory *m, const struct gv_replica_damage *found)
{
	const struct gv_replica_damage before = m->damage;
	char *text;

	if (before.time && depth(&before) > depth(found))
		return 0;
	text = strdup(found->text);

	if (text == NULL)
		return gv_err_nomem();
	text[strcspn(text, "\n")] = '\0';
	free(m->damage.text);
	m->damage = *found;
	m->damage.text = text;
	m->damage.time = before.time ? before.time : found->time;
	return 0;
}

void
gv_replica_memory_mend(struct gv_buf *out,
    const struct gv_replica_damage *damage, const char *target)
{
	if (damage->mend != GV_REPLICA_MEND_WHOLE)
		gv_buf_addf(out, "git vault replicate verify %s", target);
	else if (depth(damage) <= 1)
		gv_buf_addf(out, "git vault replicate push --whole --verify %s",
		    target);
	else
		gv_buf_addf(out,
		    "git vault replicate push --whole %s && git vault "
		    "replicate verify --level %s %s",
		    target, finder(damage->by), target);
}

void
gv_replica_memory_mended(struct gv_replica_memory *m)
{
	free(m->damage.text);
	m->damage = (struct gv_replica_damage){ .text = NULL };
}

const struct gv_replica_seen *
gv_replica_memory_find(const struct gv_replica_memory *m, const char *host)
{
	size_t i;

	for (i = 0; i < m->n; i++)
		if (strcmp(m->seen[i].host, host) == 0)
			return &m->seen[i];
	return NULL;
}

int
gv_replica_memory_see(struct gv_replica_memory *m, const char *host,
    uint64_t seq, const unsigned char *sum)
{
	size_t i;
	int r;

	for (i = 0; i < m->n && strcmp(m->seen[i].host, host) != 0; i++)
		;
	if (i == m->n) {
		if ((r = GV_GROW(m->seen, m->n, m->cap)) < 0)
			return r;
		memset(&m->seen[m->n], 0, sizeof(*m->seen));
		snprintf(
		    m->seen[m->n++].host, sizeof(m->seen[0].host), "%s", host);
	}
	m->seen[i].seq = seq;
	memcpy(m->seen[i].sum, sum, GV_REPLICA_SUM);
	return 0;
}

/* ---- the text ----------------------------------------------------------- */

static void
add_seen(struct gv_buf *out, const char *word, const struct gv_replica_seen *s)
{
	char hex[GV_REPLICA_SUM_HEX + 1];

	gv_enc_hex(hex, s->sum, GV_REPLICA_SUM);
	gv_buf_addf(out, "%s %s %" PRIu64 " %s\n", word, s->host, s->seq, hex);
}

int
gv_replica_memory_format(struct gv_buf *out, const struct gv_replica_memory *m)
{
	size_t i;

	gv_buf_addstr(out, MAGIC);
	if (*m->store)
		gv_buf_addf(out, "store %s\n", m->store);
	if (*m->host)
		gv_buf_addf(out, "host %s\n", m->host);
	gv_buf_addf(out, "pushed %" PRId64 "\n", m->pushed);
	if (m->succeeded)
		gv_buf_addf(out, "succeeded %" PRId64 "\n", m->succeeded);
	gv_buf_addf(out, "count %" PRIu64 " %" PRIu64 " %" PRIu64 "\n",
	    m->requests, m->bytes_out, m->bytes_in);
	if (m->is_probed)
		gv_buf_addf(out, "promises %u\n", m->promises);
	if (m->whole)
		gv_buf_addf(out, "whole %" PRIu64 "\n", m->whole);
	if (m->has_kind)
		gv_buf_addf(out, "encrypted %d\n", m->is_encrypted);
	if (m->pending.seq)
		add_seen(out, "pending", &m->pending);
	for (i = 0; i < m->n; i++)
		add_seen(out, "seen", &m->seen[i]);
	for (i = 0; i < GV_REPLICA_LEVELS; i++)
		if (m->verified[i].time)
			gv_buf_addf(out,
			    "verified %s %" PRId64 " %" PRIu64 "\n",
			    gv_replica_levels[i], m->verified[i].time,
			    m->verified[i].seq);
	if (m->damage.time)
		gv_buf_addf(out, "damaged %" PRId64 " %s %s %s\n",
		    m->damage.time, finder(m->damage.by), mends[m->damage.mend],
		    m->damage.text);
	return gv_buf_check(out);
}

static int
read_seen(struct gv_replica_seen *out, const char *text)
{
	char hex[GV_REPLICA_SUM_HEX + 1];

	if (sscanf(text, "%64s %" SCNu64 " %64s", out->host, &out->seq, hex) !=
		3 ||
	    strlen(hex) != GV_REPLICA_SUM_HEX ||
	    !gv_replica_name_is_host(out->host))
		return GV_ECORRUPT;
	return gv_enc_unhex(out->sum, hex, GV_REPLICA_SUM);
}

static int
read_verified(struct gv_replica_memory *m, const char *text)
{
	char word[8];
	int64_t time;
	uint64_t seq;
	size_t i;

	if (sscanf(text, "%7s %" SCNd64 " %" SCNu64, word, &time, &seq) != 3)
		return GV_ECORRUPT;
	for (i = 0; i < GV_REPLICA_LEVELS; i++) {
		if (strcmp(word, gv_replica_levels[i]) != 0)
			continue;
		m->verified[i].time = time;
		m->verified[i].seq = seq;
	}
	return 0;
}

static int
read_damage(struct gv_replica_memory *m, const char *text)
{
	struct gv_replica_damage d = { .by = 0 };
	char by[8], mend[8];
	int n = 0;

	if (sscanf(text, "%" SCNd64 " %7s %7s %n", &d.time, by, mend, &n) < 3 ||
	    n == 0 || d.time <= 0)
		return GV_ECORRUPT;
	while (d.by < GV_REPLICA_LEVELS && strcmp(by, finder(d.by)) != 0)
		d.by++;
	while (
	    d.mend < GV_REPLICA_MEND_OTHER && strcmp(mend, mends[d.mend]) != 0)
		d.mend++;
	d.text = (char *)(uintptr_t)(text + n);
	return gv_replica_memory_damage(m, &d);
}

/* 1, or 0 where it is neither. */
static int
read_kind(struct gv_replica_memory *m, const char *text)
{
	m->is_encrypted = strcmp(text, "1") == 0;
	m->has_kind = m->is_encrypted || strcmp(text, "0") == 0;
	return m->has_kind;
}

static int
read_line(struct gv_replica_memory *m, char *line)
{
	char *rest = strchr(line, ' ');
	struct gv_replica_seen seen;
	int n = 0;

	if (rest == NULL)
		return GV_ECORRUPT;
	*rest++ = '\0';
	if (strcmp(line, "store") == 0)
		n = sscanf(rest, "%32s", m->store);
	else if (strcmp(line, "host") == 0)
		n = sscanf(rest, "%64s", m->host);
	else if (strcmp(line, "pushed") == 0)
		n = sscanf(rest, "%" SCNd64, &m->pushed);
	else if (strcmp(line, "succeeded") == 0)
		n = sscanf(rest, "%" SCNd64, &m->succeeded);
	else if (strcmp(line, "count") == 0)
		n = sscanf(rest, "%" SCNu64 " %" SCNu64 " %" SCNu64,
		    &m->requests, &m->bytes_out, &m->bytes_in);
	else if (strcmp(line, "promises") == 0)
		n = m->is_probed = sscanf(rest, "%u", &m->promises) == 1;
	else if (strcmp(line, "whole") == 0)
		n = sscanf(rest, "%" SCNu64, &m->whole);
	else if (strcmp(line, "encrypted") == 0)
		n = read_kind(m, rest);
	else if (strcmp(line, "pending") == 0)
		return read_seen(&m->pending, rest);
	else if (strcmp(line, "verified") == 0)
		return read_verified(m, rest);
	else if (strcmp(line, "damaged") == 0)
		return read_damage(m, rest);
	else if (strcmp(line, "seen") == 0)
		return read_seen(&seen, rest) == 0
		    ? gv_replica_memory_see(m, seen.host, seen.seq, seen.sum)
		    : GV_ECORRUPT;
	return n > 0 ? 0 : GV_ECORRUPT;
}

int
gv_replica_memory_parse(
    struct gv_replica_memory *out, const char *text, size_t len)
{
	char *copy = strndup(text, len), *line, *nl;
	int r = copy ? 0 : gv_err_nomem();

	memset(out, 0, sizeof(*out));
	if (r == 0 && strncmp(copy, MAGIC, strlen(MAGIC)) != 0)
		r = GV_ECORRUPT;
	for (line = copy + (r == 0 ? strlen(MAGIC) : 0);
	     r == 0 && (nl = strchr(line, '\n')); line = nl + 1) {
		*nl = '\0';
		r = read_line(out, line);
	}
	if (r == 0 && *out->host && !gv_replica_name_is_host(out->host))
		r = GV_ECORRUPT;
	free(copy);
	return r == GV_ENOMEM || r == 0
	    ? r
	    : gv_err(GV_ECORRUPT, "the memory of the target is damaged");
}

/* ---- the files ---------------------------------------------------------- */

static int
path_of(struct gv_buf *out, const char *dir, const char *name)
{
	gv_buf_addf(out, "%s/%s", dir, name);
	return gv_buf_check(out);
}

int
gv_replica_memory_load(struct gv_replica_memory *out, const char *dir)
{
	struct gv_buf path = GV_BUF_INIT, text = GV_BUF_INIT;
	int r;

	memset(out, 0, sizeof(*out));
	if ((r = path_of(&path, dir, "memory")) < 0 ||
	    (r = gv_file_read(&text, AT_FDCWD, path.p, MAX)) < 0)
		goto out;
	if ((r = gv_replica_memory_parse(out, text.p, text.len)) < 0)
		gv_replica_memory_release(out);
out:
	gv_buf_release(&path);
	gv_buf_release(&text);
	/* it is looked up again */
	return r == GV_ENOTFOUND || r == GV_ECORRUPT || r == GV_EREFUSED ? 0
									 : r;
}

static int
save(const char *dir, const char *name, const struct gv_buf *text)
{
	struct gv_buf path = GV_BUF_INIT;
	int r = path_of(&path, dir, name);

	if (r == 0 && (r = gv_file_mkdirs(AT_FDCWD, dir, 0777)) == 0)
		r = gv_file_replace(
		    AT_FDCWD, path.p, text->p, text->len, 0666, true);
	gv_buf_release(&path);
	return r;
}

int
gv_replica_memory_save(const struct gv_replica_memory *m, const char *dir)
{
	struct gv_buf text = GV_BUF_INIT;
	int r = gv_replica_memory_format(&text, m);

	if (r == 0)
		r = save(dir, "memory", &text);
	gv_buf_release(&text);
	return r;
}

int
gv_replica_memory_state(
    struct gv_replica_manifest *out, const char *dir, const char *name)
{
	struct gv_buf path = GV_BUF_INIT, text = GV_BUF_INIT;
	int r;

	*out = (struct gv_replica_manifest)GV_REPLICA_MANIFEST_INIT;
	if ((r = path_of(&path, dir, name)) == 0 &&
	    (r = gv_file_read(
		 &text, AT_FDCWD, path.p, GV_REPLICA_MANIFEST_MAX)) == 0)
		r = gv_replica_manifest_parse(out, text.p, text.len);
	gv_buf_release(&path);
	gv_buf_release(&text);
	return r == GV_ECORRUPT || r == GV_EREFUSED ? GV_ENOTFOUND : r;
}

int
gv_replica_memory_save_state(
    struct gv_replica_manifest *state, const char *dir, const char *name)
{
	struct gv_buf text = GV_BUF_INIT;
	int r = gv_replica_manifest_format(&text, state);

	if (r == 0)
		r = save(dir, name, &text);
	gv_buf_release(&text);
	return r;
}
