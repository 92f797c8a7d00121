#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/enc.h"
#include "base/err.h"
#include "replica/replica_verify.h"
#include "sys/clock.h"
#include "sys/file.h"

/*
 * Which packs were read, and when, is a file beside the memory, a line each:
 * the SHA-256 and the time. The last line of a pack counts. A read of
 * everything begins with "begin TIME" and ends with "end TIME"; one that was
 * interrupted goes on where it was.
 */
#define FILE_MAX ((size_t)16 << 20)

struct candidate {
	const struct gv_replica_pack *pack;
	int64_t read; /* 0: never */
	uint32_t lot;
};

struct reading {
	struct gv_replica_verify *v;
	struct gv_buf path;
	struct candidate *all;
	size_t n;
	int64_t began; /* of a read of everything that was interrupted; 0 */
};

/* ---- what was read ------------------------------------------------------ */

static struct candidate *
find(const struct reading *in, const unsigned char *sum)
{
	const struct gv_replica_pack *p =
	    gv_replica_manifest_pack(&in->v->needed, sum);

	return p ? &in->all[p - in->v->needed.packs] : NULL;
}

static void
take_line(struct reading *in, const char *line)
{
	unsigned char sum[GV_REPLICA_SUM];
	struct candidate *c;
	int64_t time;

	if (sscanf(line, "begin %" SCNd64, &time) == 1)
		in->began = time;
	else if (strncmp(line, "end ", 4) == 0)
		in->began = 0;
	else if (strlen(line) > GV_REPLICA_SUM_HEX + 1 &&
	    gv_enc_unhex(sum, line, sizeof(sum)) == 0 && (c = find(in, sum)) &&
	    sscanf(line + GV_REPLICA_SUM_HEX, " %" SCNd64, &time) == 1)
		c->read = time;
}

static int
load(struct reading *in)
{
	struct gv_buf text = GV_BUF_INIT;
	char *line, *nl;
	size_t i;
	int r;

	gv_buf_addf(&in->path, "%s/read", in->v->rep->dir.p);
	in->n = in->v->needed.n_packs;
	in->all = calloc(in->n + 1, sizeof(*in->all));
	if (in->all == NULL)
		return gv_err_nomem();
	for (i = 0; i < in->n; i++)
		in->all[i].pack = &in->v->needed.packs[i];
	if ((r = gv_buf_check(&in->path)) < 0)
		return r;
	r = gv_file_read(&text, AT_FDCWD, in->path.p, FILE_MAX);
	for (line = text.p; r == 0 && (nl = strchr(line, '\n'));
	     line = nl + 1) {
		*nl = '\0';
		take_line(in, line);
	}
	gv_buf_release(&text);
	/* what cannot be read is read again */
	return r == GV_ENOTFOUND || r == GV_EREFUSED ? 0 : r;
}

static int
add_line(struct reading *in, const char *fmt, const char *word, int64_t time)
{
	char line[GV_REPLICA_SUM_HEX + 32];
	int r;

	snprintf(line, sizeof(line), fmt, word, (long long)time);
	r = gv_file_mkdirs(AT_FDCWD, in->v->rep->dir.p, 0777);
	return r < 0 ? r : gv_file_append_lines(in->path.p, line, strlen(line));
}

/* Only what is needed, each once: the file is not to grow for ever. */
static int
rewrite(struct reading *in, const char *word)
{
	char hex[GV_REPLICA_SUM_HEX + 1];
	struct gv_buf text = GV_BUF_INIT;
	size_t i;
	int r;

	gv_buf_addf(&text, "%s %lld\n", word, (long long)in->v->rep->now);
	for (i = 0; i < in->n; i++) {
		gv_enc_hex(hex, in->all[i].pack->sum, GV_REPLICA_SUM);
		if (in->all[i].read)
			gv_buf_addf(&text, "%s %lld\n", hex,
			    (long long)in->all[i].read);
	}
	if ((r = gv_buf_check(&text)) == 0 &&
	    (r = gv_file_mkdirs(AT_FDCWD, in->v->rep->dir.p, 0777)) == 0)
		r = gv_file_replace(
		    AT_FDCWD, in->path.p, text.p, text.len, 0666, true);
	gv_buf_release(&text);
	return r;
}

/* ---- which are read ----------------------------------------------------- */

static int
compare(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;

	if (x->read != y->read)
		return x->read < y->read ? -1 : 1;
	return x->lot < y->lot ? -1 : x->lot > y->lot;
}

static int
read_pack(struct reading *in, struct candidate *c)
{
	struct gv_replica *rep = in->v->rep;
	const struct gv_replica_pack *p = c->pack;
	struct gv_buf pack = GV_BUF_INIT, idx = GV_BUF_INIT;
	char hex[GV_REPLICA_SUM_HEX + 1];
	int r;

	gv_enc_hex(hex, p->sum, GV_REPLICA_SUM);
	gv_replica_name_pack(&pack, p->sum, "pack", rep->is_encrypted);
	gv_replica_name_pack(&idx, p->sum, "idx", rep->is_encrypted);
	if ((r = gv_buf_check(&pack)) < 0 || (r = gv_buf_check(&idx)) < 0)
		goto out;
	r = gv_replica_fetch_sum(rep, pack.p, p->sum, p->bytes);
	if (r == 0)
		r = gv_replica_fetch_sum(rep, idx.p, p->idx_sum, p->idx_bytes);
	if (r == 0) {
		c->read = rep->now;
		in->v->out->checked++;
		in->v->out->checked_bytes += p->bytes + p->idx_bytes;
		r = add_line(in, "%s %lld\n", hex, rep->now);
	} else if (r == GV_ECORRUPT || r == GV_ENOTFOUND) {
		c->read = 0;
		r = gv_replica_fault(&in->v->out->faults, "content",
		    gv_replica_verify_host(in->v, p->sum), "pack-%s: %s", hex,
		    gv_err_message());
	}
out:
	gv_buf_release(&pack);
	gv_buf_release(&idx);
	return r;
}

static int
read_some(struct reading *in)
{
	const unsigned share = in->v->opts->share;
	uint64_t all = 0, done = 0;
	size_t i;
	int r = 0;

	for (i = 0; i < in->n; i++)
		all += in->all[i].pack->bytes;
	for (i = 0; r == 0 && i < in->n; i++) {
		if (share && i && done >= all / 100 * share)
			break;
		if (share == 0 && in->began && in->all[i].read >= in->began) {
			in->v->out->checked++;
			in->v->out->checked_bytes += in->all[i].pack->bytes;
			continue;
		}
		done += in->all[i].pack->bytes;
		r = read_pack(in, &in->all[i]);
	}
	return r;
}

static int
draw_lots(struct reading *in)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < in->n; i++)
		r = gv_clock_random(&in->all[i].lot, sizeof(in->all[i].lot));
	if (r == 0 && in->n)
		qsort(in->all, in->n, sizeof(*in->all), compare);
	return r;
}

int
gv_replica_verify_read(int64_t *since, struct gv_replica_verify *verify)
{
	struct reading in = { .v = verify, .path = GV_BUF_INIT };
	size_t i;
	int r = load(&in);

	if (r == 0 && verify->opts->share == 0 && in.began == 0)
		r = rewrite(&in, "begin");
	if (r == 0 && (r = draw_lots(&in)) == 0 && (r = read_some(&in)) == 0 &&
	    verify->opts->share == 0)
		r = rewrite(&in, "end");
	*since = in.n ? verify->rep->now : 0;
	for (i = 0; i < in.n; i++)
		if (in.all[i].read < *since)
			*since = in.all[i].read;
	free(in.all);
	gv_buf_release(&in.path);
	return r;
}
