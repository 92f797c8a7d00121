#ifndef STORE_MOCK_H
#define STORE_MOCK_H
/*
 * What the parts of the mock of object stores share: store-mock.c serves HTTP
 * and has the faults, store-mock-s3.c and store-mock-azure.c speak as the two
 * services do, with signatures that are computed here and nowhere else.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#define FIELDS 40

struct request {
	char method[16];
	char raw[4096];   /* as it came */
	char path[4096];  /* decoded, without the query */
	char query[4096]; /* as it came */
	struct {
		char name[64];
		char value[2048];
	} fields[FIELDS];
	size_t n;
	unsigned char *body;
	size_t len;
};

struct answer {
	int status;
	char fields[2048]; /* whole lines */
	char *body;
	size_t len;
	bool is_object; /* faults of bodies apply */
};

struct object {
	char *key;
	unsigned char *data;
	size_t len;
	char etag[40];
	time_t at;
	struct object *next; /* in order */
};

extern struct object *objects;

/* ---- store-mock.c ---- */
const char *field(const struct request *q, const char *name);
bool param(const struct request *q, const char *name, char *out, size_t size);
/* The content of DIR/on/NAME, and whether there is one. */
bool switched(const char *name, char *out, size_t size);
/* The same of a number, which becomes one less; at 0 it is off. */
bool once(const char *name);
struct object *find(const char *key);
struct object *put(const char *key, const void *data, size_t len);
void drop(const char *key);
void say(struct answer *a, int status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void add(struct answer *a, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void give(struct answer *a, const struct request *q, const struct object *o);
/* 0: it may; 412 or 409 otherwise. */
int condition(const struct request *q, const struct object *o, int exists);
void *larger(void *p, size_t size);
void append(char *text, size_t size, const char *more);
void hex_of(char *out, const unsigned char *p, size_t len);

/* ---- the services ---- */
void serve_s3(const struct request *q, struct answer *a);
void serve_azure(const struct request *q, struct answer *a);

#endif
