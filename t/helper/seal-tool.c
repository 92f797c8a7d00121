/*
 * Values taken out, sealed and put back through lib/vault, for what tests
 * exchange with git, age and gzip; in the repository of the current directory.
 *
 *	seal-tool seal [-j THREADS] -R RECIPIENTS FILE…
 *		each file as a value: a line "OBJECT ID FILE"
 *	seal-tool open -i IDENTITIES OBJECT…
 *	seal-tool redact [-j THREADS] -R RECIPIENTS LIST PATH…
 *		each file in place, by the lines "OFFSET LENGTH RULE" of
 *		PATH.spans; what is withheld of them goes to LIST
 *	seal-tool undo -i IDENTITIES LIST PATH…
 *	seal-tool speed COUNT THREADS
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/enc.h"
#include "base/err.h"
#include "crypto/identity.h"
#include "crypto/recipient.h"
#include "crypto/secret.h"
#include "object/odb.h"
#include "object/pack.h"
#include "repo/repo.h"
#include "seal/redact.h"
#include "seal/seal.h"
#include "seal/withheld.h"
#include "sys/file.h"

#define MANY  256
#define MOST  ((size_t)1 << 30)
#define SCOPE "prod"

static const unsigned char key[GV_DIGEST_KEY] = "of the tests alone";

struct job {
	int threads;
	struct gv_recipient to[MANY];
	const struct gv_recipient *to_all[MANY];
	size_t n_to;
	struct gv_identity_list ids;
	const struct gv_identity *with[MANY];
	struct gv_repo repo;
	struct gv_odb *odb;
	struct gv_pack *pack;
	struct gv_pack_lane *lane;
	struct gv_seal_reader *reader;
	/* of a redaction */
	struct gv_buf clear[MANY], bytes[MANY];
	struct gv_seal_value values[MANY];
	struct gv_withheld_entry entries[MANY];
	const char *path; /* that is worked at */
	size_t file, n;
	struct gv_buf list;
};

static void
must(int r)
{
	if (r < 0) {
		fprintf(stderr, "seal-tool: %s\n", gv_err_message());
		exit(r == GV_ENOKEY ? 3 : 1);
	}
}

static void
read_file(struct gv_buf *out, const char *path)
{
	*out = (struct gv_buf)GV_BUF_INIT;
	must(gv_file_read(out, AT_FDCWD, path, MOST));
}

static void
write_file(const char *path, const struct gv_buf *bytes)
{
	must(
	    gv_file_replace(AT_FDCWD, path, bytes->p, bytes->len, 0600, false));
}

static void
add_recipients(struct job *j, const char *path)
{
	struct gv_buf text;
	const char *p, *lf;

	read_file(&text, path);
	for (p = text.p; (lf = strchr(p, '\n')) && j->n_to < MANY; p = lf + 1) {
		must(gv_recipient_parse(&j->to[j->n_to], p, (size_t)(lf - p)));
		j->to_all[j->n_to] = &j->to[j->n_to];
		j->n_to++;
	}
	gv_buf_release(&text);
}

static void
add_identities(struct job *j, const char *path)
{
	struct gv_buf text;
	size_t i;

	read_file(&text, path);
	must(gv_identity_list_read(&j->ids, text.p, text.len, NULL, NULL));
	for (i = 0; i < j->ids.n && i < MANY; i++)
		j->with[i] = &j->ids.all[i];
	must(gv_seal_reader_new(&j->reader, j->with, i));
	gv_buf_release(&text);
}

static void
parse(struct job *j, int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "i:j:R:")) >= 0) {
		if (c == 'i')
			add_identities(j, optarg);
		else if (c == 'j')
			j->threads = atoi(optarg);
		else if (c == 'R')
			add_recipients(j, optarg);
		else
			exit(129);
	}
}

static void
release(struct job *j)
{
	while (j->n_to > 0)
		gv_recipient_release(&j->to[--j->n_to]);
	gv_seal_reader_free(j->reader);
	gv_identity_list_release(&j->ids);
	gv_odb_close(j->odb);
	gv_buf_release(&j->list);
}

/* ---- sealing ---- */

static int
put(void *ctx, struct gv_oid *out, enum gv_otype type, const void *data,
    size_t len, const struct gv_digest *id)
{
	const struct job *j = ctx;

	(void)id;
	return gv_pack_add(j->lane, out, type, data, len, NULL);
}

static void
seal(struct job *j, struct gv_seal_value *values, size_t n)
{
	const struct gv_seal how = { .key = key,
		.scope = SCOPE,
		.to = j->to_all,
		.n_to = j->n_to,
		.threads = j->threads,
		.put = put,
		.ctx = j };
	struct gv_pack_opts opts = { .objects_dir = j->repo.objects_dir,
		.odb = j->odb };
	struct gv_pack_result result;

	must(gv_pack_open(&j->pack, &opts));
	must(gv_pack_lane_open(&j->lane, j->pack));
	must(gv_seal_run(&how, values, n));
	must(gv_pack_lane_close(j->lane));
	must(gv_pack_finish(j->pack, &result));
	gv_pack_unkeep(j->pack);
	gv_pack_free(j->pack);
}

static int
cmd_seal(struct job *j, int n, char **paths)
{
	char id[GV_REDACT_ID_HEX + 1], object[GV_OID_HEX + 1];
	int i;

	for (i = 0; i < n && i < MANY; i++) {
		read_file(&j->clear[i], paths[i]);
		j->values[i].p = j->clear[i].p;
		j->values[i].len = j->clear[i].len;
	}
	seal(j, j->values, (size_t)i);
	for (i = 0; i < n && i < MANY; i++) {
		gv_enc_hex(id, j->values[i].id.bytes, GV_DIGEST_BYTES);
		gv_oid_format(object, &j->values[i].object);
		printf("%s %s %s\n", object, id, paths[i]);
		gv_buf_release(&j->clear[i]);
	}
	return 0;
}

/* ---- redacting ---- */

static int
take(void *ctx, struct gv_redact_span *span, const unsigned char *value)
{
	struct job *j = ctx;

	if (j->n == MANY)
		return gv_err(GV_ERROR, "too many values");
	j->values[j->n].p = value;
	j->values[j->n].len = (size_t)span->len;
	return gv_seal_name(&span->id, key, SCOPE, value, (size_t)span->len);
}

static int
place(void *ctx, const struct gv_redact_span *span)
{
	struct job *j = ctx;

	j->entries[j->n++] = (struct gv_withheld_entry){
		.kind = span->at == 0 && strcmp(span->rule, "file") == 0
		    ? GV_WITHHELD_FILE
		    : GV_WITHHELD_SPAN,
		.place = *span,
		.scope = SCOPE,
		.path = j->path,
		.path_len = strlen(j->path),
	};
	return 0;
}

static int
put_bytes(void *ctx, const void *data, size_t len)
{
	struct job *j = ctx;

	gv_buf_add(&j->bytes[j->file], data, len);
	return gv_buf_check(&j->bytes[j->file]);
}

static size_t
read_spans(struct gv_redact_span *spans, const char *path)
{
	static const char *const rules[] = { "file", "aws-key", "private-key" };
	unsigned long long at, len;
	char name[4096], rule[65];
	size_t n = 0, i;
	FILE *f;

	snprintf(name, sizeof(name), "%s.spans", path);
	f = fopen(name, "r");
	while (f && n < MANY &&
	    fscanf(f, "%llu %llu %64s", &at, &len, rule) == 3) {
		spans[n] = (struct gv_redact_span){ .at = at, .len = len };
		for (i = 0; i < 3; i++)
			if (strcmp(rules[i], rule) == 0)
				spans[n].rule = rules[i];
		n += spans[n].rule != NULL;
	}
	if (f)
		fclose(f);
	return n;
}

static int
cmd_redact(struct job *j, const char *list_path, int n, char **paths)
{
	const struct gv_redact_to to = { take, place, put_bytes, j };
	struct gv_redact_span spans[MANY];
	struct gv_withheld list = GV_WITHHELD_INIT;
	size_t i;

	for (j->file = 0; j->file < (size_t)n && j->file < MANY; j->file++) {
		struct gv_buf *clear = &j->clear[j->file];

		j->path = paths[j->file];
		j->bytes[j->file] = (struct gv_buf)GV_BUF_INIT;
		read_file(clear, j->path);
		must(gv_redact_whole(&to, clear->p, clear->len, spans,
		    read_spans(spans, j->path)));
	}
	seal(j, j->values, j->n);
	for (i = 0; i < j->n; i++) {
		j->entries[i].object = j->values[i].object;
		must(gv_withheld_add(&list, &j->entries[i]));
	}
	must(gv_withheld_write(&j->list, &list));
	write_file(list_path, &j->list);
	gv_withheld_release(&list);
	for (i = 0; i < j->file; i++) {
		write_file(paths[i], &j->bytes[i]);
		gv_buf_release(&j->bytes[i]);
		gv_buf_release(&j->clear[i]);
	}
	return 0;
}

/* ---- back ---- */

static int
add_secret(void *ctx, const void *data, size_t len)
{
	return gv_secret_add(ctx, data, len);
}

/* Which of the entries it is, its order tells. */
static int
value(void *ctx, struct gv_secret *out, const struct gv_redact_span *span)
{
	struct job *j = ctx;
	struct gv_seal_claim claim = { .key = key, .scope = SCOPE };
	size_t i;

	for (i = 0; i < j->n && j->entries[i].place.at != span->at; i++)
		;
	claim.id = &span->id;
	return gv_seal_read(
	    j->reader, j->odb, &j->entries[i].object, &claim, add_secret, out);
}

static void
undo_file(struct job *j, const char *list_path, const char *path)
{
	const struct gv_redact_undo_to to = { value, put_bytes, j };
	struct gv_redact_span places[MANY];
	struct gv_withheld_entry e;
	struct gv_withheld_iter it;
	struct gv_buf redacted, list;
	char *rules[MANY] = { NULL };
	size_t i, left;
	int r;

	read_file(&list, list_path);
	read_file(&redacted, path);
	j->n = 0;
	j->bytes[0] = (struct gv_buf)GV_BUF_INIT;
	must(gv_withheld_open(&it, list.p, list.len));
	r = gv_withheld_find(&it, path, strlen(path));
	while (r == 0 && j->n < MANY && (r = gv_withheld_next(&it, &e)) > 0) {
		r = strcmp(e.path, path) == 0 ? 0 : GV_ENOTFOUND;
		if (r < 0)
			break;
		rules[j->n] = strdup(e.place.rule);
		places[j->n] = e.place;
		places[j->n].rule = rules[j->n];
		j->entries[j->n++] = e;
	}
	must(r == GV_ENOTFOUND ? 0 : r);
	must(gv_redact_undo_whole(
	    &to, redacted.p, redacted.len, places, j->n, &left));
	write_file(path, &j->bytes[0]);
	for (i = 0; i < j->n; i++)
		free(rules[i]);
	gv_withheld_close(&it);
	gv_buf_release(&j->bytes[0]);
	gv_buf_release(&redacted);
	gv_buf_release(&list);
	if (left)
		exit(3);
}

static int
cmd_undo(struct job *j, const char *list_path, int n, char **paths)
{
	int i;

	for (i = 0; i < n; i++)
		undo_file(j, list_path, paths[i]);
	return 0;
}

static int
print(void *ctx, const void *data, size_t len)
{
	return fwrite(data, 1, len, ctx) == len
	    ? 0
	    : gv_err(GV_ERROR, "cannot write");
}

static int
cmd_open(struct job *j, int n, char **objects)
{
	struct gv_oid id;
	int i;

	for (i = 0; i < n; i++) {
		if (gv_oid_parse(&id, objects[i]) < 0)
			return 129;
		must(gv_seal_read(j->reader, j->odb, &id, NULL, print, stdout));
	}
	return 0;
}

/* ---- speed ---- */

/* Keeps the files one behind the other; of an object only its number counts. */
struct memory {
	struct gv_buf files;
	size_t *ends;
	uint32_t n;
};

static int
remember(void *ctx, struct gv_oid *out, enum gv_otype type, const void *data,
    size_t len, const struct gv_digest *id)
{
	struct memory *m = ctx;

	(void)type;
	(void)id;
	memset(out, 0, sizeof(*out));
	memcpy(out->id, &m->n, sizeof(m->n));
	gv_buf_add(&m->files, data, len);
	m->ends[m->n++] = m->files.len;
	return gv_buf_check(&m->files);
}

static double
seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
open_all(const struct gv_identity *own, const struct memory *m,
    const struct gv_seal_value *values)
{
	struct gv_seal_reader *reader = NULL;
	struct gv_secret plain = GV_SECRET_INIT;
	size_t i, at;
	uint32_t n;

	must(gv_seal_reader_new(&reader, &own, 1));
	for (i = 0; i < m->n; i++) {
		memcpy(&n, values[i].object.id, sizeof(n));
		at = n ? m->ends[n - 1] : 0;
		gv_secret_reset(&plain);
		must(gv_seal_open(
		    reader, &plain, m->files.p + at, m->ends[n] - at));
		if (!gv_secret_is(&plain, values[i].p, values[i].len))
			exit(1);
	}
	gv_seal_reader_free(reader);
	gv_secret_release(&plain);
}

/* What it costs to seal and open so many different values of 40 bytes. */
static int
cmd_speed(size_t count, int threads)
{
	struct gv_seal_value *values = calloc(count, sizeof(*values));
	char *bytes = calloc(count, 41);
	struct memory m = { GV_BUF_INIT, calloc(count, sizeof(*m.ends)), 0 };
	struct gv_identity own = GV_IDENTITY_INIT;
	struct gv_recipient to = GV_RECIPIENT_INIT;
	const struct gv_recipient *to_all[] = { &to };
	const struct gv_seal how = { .key = key,
		.scope = SCOPE,
		.to = to_all,
		.n_to = 1,
		.threads = threads,
		.put = remember,
		.ctx = &m };
	double began;
	size_t i;

	for (i = 0; i < count; i++) {
		snprintf(bytes + 41 * i, 41, "%040zu", i);
		values[i].p = bytes + 41 * i;
		values[i].len = 40;
	}
	must(gv_identity_new(&own));
	must(gv_identity_recipient(&to, &own));
	began = seconds();
	must(gv_seal_run(&how, values, count));
	printf("seal\t%.3f\n", seconds() - began);
	began = seconds();
	open_all(&own, &m, values);
	printf("open\t%.3f\nbytes\t%zu\n", seconds() - began, m.ends[0]);
	gv_recipient_release(&to);
	gv_identity_release(&own);
	gv_buf_release(&m.files);
	free(m.ends);
	free(bytes);
	free(values);
	return 0;
}

static int
run(struct job *j, const char *verb, int argc, char **argv)
{
	char **rest;
	int n;

	if (strcmp(verb, "speed") == 0 && argc == 3)
		return cmd_speed((size_t)atoi(argv[1]), atoi(argv[2]));
	parse(j, argc, argv);
	n = argc - optind;
	rest = argv + optind;
	j->repo.objects_dir = (char *)(size_t) ".git/objects";
	must(gv_odb_open(&j->odb, &j->repo));
	if (strcmp(verb, "seal") == 0)
		return cmd_seal(j, n, rest);
	if (strcmp(verb, "redact") == 0 && n > 0)
		return cmd_redact(j, rest[0], n - 1, rest + 1);
	if (strcmp(verb, "undo") == 0 && n > 0 && j->reader)
		return cmd_undo(j, rest[0], n - 1, rest + 1);
	if (strcmp(verb, "open") == 0 && j->reader)
		return cmd_open(j, n, rest);
	return 129;
}

int
main(int argc, char **argv)
{
	static struct job j = { .list = GV_BUF_INIT };
	int r;

	if (argc < 2) {
		fprintf(stderr, "seal-tool: a verb is missing\n");
		return 129;
	}
	r = run(&j, argv[1], argc - 1, argv + 1);
	release(&j);
	return r;
}
