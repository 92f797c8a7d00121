#include "helper/age-many.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "base/buf.h"
#include "base/err.h"
#include "crypto/age.h"
#include "crypto/identity.h"
#include "crypto/recipient.h"
#include "crypto/secret.h"
#include "crypto/stream.h"
#include "helper/age-talk.h"

struct file {
	unsigned char key[GV_AGE_KEY];
	struct gv_buf bytes; /* stanzas first, or what was read */
	struct gv_age_header header;
};

static struct file *
make_files(size_t count)
{
	struct file *files = calloc(count, sizeof(*files));
	size_t i;

	if (files == NULL)
		abort();
	for (i = 0; i < count; i++)
		files[i].bytes = (struct gv_buf)GV_BUF_INIT;
	return files;
}

static void
free_files(struct file *files, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		gv_age_header_release(&files[i].header);
		gv_buf_release(&files[i].bytes);
	}
	free(files);
}

/* ---- sealing ---- */

static int
wrap_by_plugin(const struct gv_recipient *const *to, size_t n,
    struct file *files, size_t count)
{
	struct gv_plugin *p = NULL;
	size_t i;
	int r =
	    gv_plugin_new(&p, to[0]->plugin, GV_PLUGIN_WRAP, &age_talk_calls);

	for (i = 0; r == 0 && i < n; i++)
		r = gv_plugin_add_recipient(p, to[i]);
	for (i = 0; r == 0 && i < count; i++)
		r = gv_plugin_add_key(p, files[i].key);
	if (r == 0)
		r = age_talk(p, to[0]->plugin, GV_PLUGIN_WRAP);
	for (i = 0; r == 0 && i < count; i++)
		r = gv_plugin_stanzas(&files[i].bytes, p, i);
	if (r == 0)
		fprintf(stderr, "labels: '%s'\n", gv_plugin_labels(p));
	gv_plugin_free(p);
	return r;
}

static int
write_file(const struct file *file, const struct gv_buf *value,
    const char *prefix, size_t i)
{
	struct gv_buf out = GV_BUF_INIT;
	char path[256];
	FILE *f;
	int r = gv_age_header_add(&out, &file->bytes, file->key);

	if (r == 0)
		r = gv_stream_seal(&out, file->key, value->p, value->len);
	snprintf(path, sizeof(path), "%s.%zu", prefix, i);
	f = fopen(path, "wb");
	if (f == NULL || fwrite(out.p, 1, out.len, f) != out.len)
		r = gv_err_sys("cannot write %s", path);
	if (f)
		fclose(f);
	gv_buf_release(&out);
	return r;
}

int
age_many_seal(const struct gv_recipient *const *to, size_t n, size_t count,
    const struct gv_buf *value, const char *prefix)
{
	struct file *files = make_files(count);
	size_t own = 0, i;
	int r = gv_secret_ready();

	/* the plugin's stand behind ours */
	while (own < n && to[own]->kind != GV_RECIPIENT_PLUGIN)
		own++;
	for (i = 0; r == 0 && i < count; i++) {
		randombytes_buf(files[i].key, GV_AGE_KEY);
		if (own > 0)
			r = gv_age_wrap(&files[i].bytes, to, own, files[i].key);
	}
	if (r == 0 && own < n)
		r = wrap_by_plugin(to + own, n - own, files, count);
	for (i = 0; r == 0 && i < count; i++)
		r = write_file(&files[i], value, prefix, i);
	free_files(files, count);
	return r;
}

/* ---- opening ---- */

static int
read_file(struct file *file, const char *path)
{
	char piece[4096];
	FILE *f = fopen(path, "rb");
	size_t n;

	if (f == NULL)
		return gv_err_sys("cannot open %s", path);
	while ((n = fread(piece, 1, sizeof(piece), f)) > 0)
		gv_buf_add(&file->bytes, piece, n);
	fclose(f);
	return gv_age_header_read(
	    &file->header, file->bytes.p, file->bytes.len);
}

static int
open_one(struct file *file, const struct gv_plugin *p, size_t i)
{
	struct gv_secret plain = GV_SECRET_INIT;
	int r = gv_plugin_key(file->key, p, i);

	if (r == 0)
		r = gv_age_header_check(&file->header, file->key);
	if (r == 0)
		r = gv_stream_open(&plain, file->key,
		    file->bytes.p + file->header.len,
		    file->bytes.len - file->header.len);
	if (r == 0)
		fwrite(plain.p, 1, plain.len, stdout);
	gv_secret_release(&plain);
	return r;
}

static int
open_all(struct file *files, size_t count, const struct gv_plugin *p)
{
	size_t i;
	int r = 0, one;

	for (i = 0; i < count; i++) {
		one = open_one(&files[i], p, i);
		if (one < 0)
			fprintf(stderr, "file %zu: %s\n", i, gv_err_message());
		r = r < 0 ? r : one;
	}
	return r;
}

int
age_many_open(const struct gv_identity_list *ids, size_t count, char **paths)
{
	const char *name = ids->all[0].plugin;
	struct gv_plugin *p = NULL;
	struct file *files;
	size_t i;
	int r;

	if (name == NULL)
		return gv_err(GV_EUSAGE, "this is for a plugin's identities");
	files = make_files(count);
	r = gv_plugin_new(&p, name, GV_PLUGIN_UNWRAP, &age_talk_calls);
	for (i = 0; r == 0 && i < ids->n; i++)
		r = gv_plugin_add_identity(p, &ids->all[i]);
	for (i = 0; r == 0 && i < count; i++) {
		r = read_file(&files[i], paths[i]);
		if (r == 0)
			r = gv_plugin_add_header(p, &files[i].header);
	}
	if (r == 0)
		r = age_talk(p, name, GV_PLUGIN_UNWRAP);
	if (r == 0)
		r = open_all(files, count, p);
	gv_plugin_free(p);
	free_files(files, count);
	return r;
}
