/*
 * Files of age through lib/crypto, for what tests exchange with the program
 * age.
 *
 *	age-tool keygen
 *	age-tool seal [-a] [-s] [-w WORK] {-R FILE | -p PASSPHRASE}…
 *	age-tool open [-s] {-i FILE | -p PASSPHRASE}…
 *	age-tool recipient -i FILE…
 *	age-tool seal-many COUNT PREFIX -R FILE
 *	age-tool open-many -i FILE FILE…
 *	age-tool vector FILE…
 *	age-tool speed COUNT RECIPIENTS
 *
 * -a is in armor, -s as a stream in pieces, -p for a passphrase that is no
 * secret, since others see the arguments.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "crypto/age.h"
#include "crypto/armor.h"
#include "crypto/identity.h"
#include "crypto/recipient.h"
#include "crypto/scrypt.h"
#include "crypto/secret.h"
#include "crypto/stream.h"
#include "helper/age-many.h"
#include "helper/age-vector.h"

#define MANY  256
#define PIECE 10007 /* so that pieces end anywhere */

struct job {
	bool armor, stream;
	unsigned work;
	struct gv_recipient to[MANY];
	const struct gv_recipient *to_all[MANY];
	size_t n_to;
	struct gv_identity_list ids;
	const struct gv_identity *with[MANY];
	struct gv_identity passphrase;
};

static void
must(int r)
{
	if (r < 0) {
		fprintf(stderr, "age-tool: %s\n", gv_err_message());
		exit(r == GV_ENOKEY ? 3 : 1);
	}
}

static void
read_all(struct gv_buf *out, FILE *from)
{
	char piece[PIECE];
	size_t n;

	while ((n = fread(piece, 1, sizeof(piece), from)) > 0)
		gv_buf_add(out, piece, n);
	must(gv_buf_check(out));
}

static void
read_file(struct gv_buf *out, const char *path)
{
	FILE *f = fopen(path, "rb");

	if (f == NULL) {
		fprintf(stderr, "age-tool: cannot open %s\n", path);
		exit(1);
	}
	read_all(out, f);
	fclose(f);
}

static int
on_bytes(void *ctx, const void *data, size_t len)
{
	return fwrite(data, 1, len, ctx) == len
	    ? 0
	    : gv_err(GV_ERROR, "cannot write");
}

/* The passphrase of an identity file, of the environment. */
static int
on_ask(void *ctx, struct gv_secret *out)
{
	const char *text = getenv("AGE_TOOL_PASSPHRASE");

	(void)ctx;
	return gv_secret_add(out, text ? text : "", text ? strlen(text) : 0);
}

static void
add_passphrase(struct job *j, const char *text, bool sealing)
{
	struct gv_recipient *to = &j->to[j->n_to];

	if (!sealing) {
		must(gv_identity_passphrase(
		    &j->passphrase, text, strlen(text), GV_SCRYPT_WORK_MAX));
		return;
	}
	must(gv_recipient_passphrase(to, text, strlen(text), j->work));
	j->to_all[j->n_to++] = to;
}

/* One a line. */
static void
add_recipients(struct job *j, const char *path)
{
	struct gv_buf text = GV_BUF_INIT;
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
	struct gv_buf text = GV_BUF_INIT;

	read_file(&text, path);
	must(gv_identity_list_read(&j->ids, text.p, text.len, on_ask, NULL));
	gv_buf_release(&text);
}

static void
parse(struct job *j, bool sealing, int argc, char **argv)
{
	int c;

	j->work = GV_SCRYPT_WORK;
	while ((c = getopt(argc, argv, "ai:p:R:sw:")) >= 0) {
		if (c == 'a')
			j->armor = true;
		else if (c == 's')
			j->stream = true;
		else if (c == 'w')
			j->work = (unsigned)atoi(optarg);
		else if (c == 'i')
			add_identities(j, optarg);
		else if (c == 'R')
			add_recipients(j, optarg);
		else if (c == 'p')
			add_passphrase(j, optarg, sealing);
		else
			exit(129);
	}
}

static void
release(struct job *j)
{
	while (j->n_to > 0)
		gv_recipient_release(&j->to[--j->n_to]);
	gv_identity_list_release(&j->ids);
	gv_identity_release(&j->passphrase);
}

static void
seal_stream(struct job *j)
{
	struct gv_stream *s = NULL;
	char piece[PIECE];
	size_t n;

	must(gv_age_begin(&s, j->to_all, j->n_to, on_bytes, stdout));
	while ((n = fread(piece, 1, sizeof(piece), stdin)) > 0)
		must(gv_stream_add(s, piece, n));
	must(gv_stream_finish(s));
	gv_stream_free(s);
}

static int
cmd_seal(struct job *j)
{
	struct gv_buf plain = GV_BUF_INIT, file = GV_BUF_INIT;
	struct gv_buf text = GV_BUF_INIT;

	if (j->stream) {
		seal_stream(j);
		return 0;
	}
	read_all(&plain, stdin);
	must(gv_age_seal(&file, j->to_all, j->n_to, plain.p, plain.len));
	if (j->armor)
		must(gv_armor_add(&text, file.p, file.len));
	on_bytes(
	    stdout, j->armor ? text.p : file.p, j->armor ? text.len : file.len);
	gv_buf_release(&plain);
	gv_buf_release(&file);
	gv_buf_release(&text);
	return 0;
}

/* What came already, and the rest as it comes. */
static void
open_stream(const struct job *j, size_t n, const struct gv_buf *begin)
{
	struct gv_age_reader *reader = NULL;
	char piece[PIECE];
	size_t len;

	must(gv_age_reader_new(&reader, j->with, n, on_bytes, stdout));
	must(gv_age_reader_add(reader, begin->p, begin->len));
	while ((len = fread(piece, 1, sizeof(piece), stdin)) > 0)
		must(gv_age_reader_add(reader, piece, len));
	must(gv_age_reader_finish(reader));
	gv_age_reader_free(reader);
}

static void
open_whole(const struct job *j, size_t n, const struct gv_buf *file)
{
	struct gv_secret plain = GV_SECRET_INIT;

	must(gv_age_open(&plain, j->with, n, file->p, file->len, NULL));
	on_bytes(stdout, plain.p, plain.len);
	gv_secret_release(&plain);
}

static size_t
gather(struct job *j)
{
	size_t n;

	for (n = 0; n < j->ids.n; n++)
		j->with[n] = &j->ids.all[n];
	if (j->passphrase.kind)
		j->with[n++] = &j->passphrase;
	return n;
}

static int
cmd_open(struct job *j)
{
	struct gv_buf in = GV_BUF_INIT, file = GV_BUF_INIT;
	size_t n = gather(j), len;
	char piece[PIECE];
	bool armor;

	len = fread(piece, 1, sizeof(piece), stdin);
	gv_buf_add(&in, piece, len);
	armor = gv_armor_is(in.p, in.len);
	if (armor || !j->stream)
		read_all(&in, stdin);
	if (armor)
		must(gv_armor_read(&file, in.p, in.len));
	if (j->stream)
		open_stream(j, n, armor ? &file : &in);
	else
		open_whole(j, n, armor ? &file : &in);
	gv_buf_release(&in);
	gv_buf_release(&file);
	return 0;
}

static int
cmd_seal_many(struct job *j, const char *count, const char *prefix)
{
	struct gv_buf value = GV_BUF_INIT;

	read_all(&value, stdin);
	must(age_many_seal(
	    j->to_all, j->n_to, (size_t)atoi(count), &value, prefix));
	gv_buf_release(&value);
	return 0;
}

static int
cmd_open_many(const struct job *j, int argc, char **argv)
{
	must(age_many_open(&j->ids, (size_t)argc, argv));
	return 0;
}

static int
cmd_recipient(struct job *j)
{
	struct gv_recipient to;
	struct gv_buf text = GV_BUF_INIT;
	size_t i;

	for (i = 0; i < j->ids.n; i++) {
		must(gv_identity_recipient(&to, &j->ids.all[i]));
		must(gv_recipient_format(&text, &to));
		gv_buf_addch(&text, '\n');
		gv_recipient_release(&to);
	}
	on_bytes(stdout, text.p, text.len);
	gv_buf_release(&text);
	return 0;
}

static int
cmd_keygen(void)
{
	struct gv_identity id = GV_IDENTITY_INIT;
	struct gv_secret text = GV_SECRET_INIT;

	must(gv_identity_new(&id));
	must(gv_identity_format(&text, &id));
	must(gv_secret_add(&text, "\n", 1));
	on_bytes(stdout, text.p, text.len);
	gv_secret_release(&text);
	gv_identity_release(&id);
	return 0;
}

static int
cmd_vector(int argc, char **argv)
{
	int i, wrong = 0;

	for (i = 0; i < argc; i++) {
		struct gv_buf file = GV_BUF_INIT;
		const char *name = strrchr(argv[i], '/');

		read_file(&file, argv[i]);
		wrong |=
		    age_vector(name ? name + 1 : argv[i], file.p, file.len);
		gv_buf_release(&file);
	}
	return wrong;
}

static double
seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* What it costs to seal and open so many values of 40 bytes, which the last
 * recipient's identity opens. */
static int
cmd_speed(size_t count, size_t recipients)
{
	struct job j;
	struct gv_identity id = GV_IDENTITY_INIT;
	struct gv_buf *files = calloc(count, sizeof(*files));
	struct gv_secret plain = GV_SECRET_INIT;
	char value[40];
	double began;
	size_t i, place = 0;

	for (i = 0; i < recipients; i++) {
		gv_identity_release(&id);
		must(gv_identity_new(&id));
		must(gv_identity_recipient(&j.to[i], &id));
		j.to_all[i] = &j.to[i];
	}
	j.with[0] = &id;
	memset(value, 'x', sizeof(value));
	began = seconds();
	for (i = 0; i < count; i++) {
		files[i] = (struct gv_buf)GV_BUF_INIT;
		must(gv_age_seal(
		    &files[i], j.to_all, recipients, value, sizeof(value)));
	}
	printf("seal\t%.3f\n", seconds() - began);
	began = seconds();
	for (i = 0; i < count; i++) {
		gv_secret_reset(&plain);
		must(gv_age_open(
		    &plain, j.with, 1, files[i].p, files[i].len, &place));
		if (!gv_secret_is(&plain, value, sizeof(value)))
			exit(1);
	}
	printf("open\t%.3f\nbytes\t%zu\n", seconds() - began, files[0].len);
	for (i = 0; i < count; i++)
		gv_buf_release(&files[i]);
	free(files);
	gv_secret_release(&plain);
	gv_identity_release(&id);
	return 0;
}

static int
run(struct job *j, const char *verb, int argc, char **argv)
{
	if (strcmp(verb, "seal-many") == 0 && argc > 3) {
		parse(j, true, argc - 2, argv + 2);
		return cmd_seal_many(j, argv[1], argv[2]);
	}
	parse(j, strcmp(verb, "seal") == 0, argc, argv);
	if (strcmp(verb, "seal") == 0)
		return cmd_seal(j);
	if (strcmp(verb, "open") == 0)
		return cmd_open(j);
	if (strcmp(verb, "open-many") == 0 && j->ids.n > 0)
		return cmd_open_many(j, argc - optind, argv + optind);
	if (strcmp(verb, "recipient") == 0)
		return cmd_recipient(j);
	return 129;
}

int
main(int argc, char **argv)
{
	static struct job j;
	const char *verb = argc > 1 ? argv[1] : "";
	int r;

	if (strcmp(verb, "vector") == 0)
		return cmd_vector(argc - 2, argv + 2);
	if (strcmp(verb, "keygen") == 0)
		return cmd_keygen();
	if (strcmp(verb, "speed") == 0 && argc == 4 && atoi(argv[2]) > 0 &&
	    atoi(argv[3]) > 0 && atoi(argv[3]) <= MANY)
		return cmd_speed((size_t)atoi(argv[2]), (size_t)atoi(argv[3]));
	r = run(&j, verb, argc - 1, argv + 1);
	release(&j);
	return r;
}
