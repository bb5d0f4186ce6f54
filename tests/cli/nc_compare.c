/* nc_compare A B: whether two NetCDF files say the same, as libnetcdf reads them: format, groups, types, dimensions and which are
 * unlimited, variables, attributes, and every element. Prints each difference; exit 1 when there is one, 2 when it cannot tell. */
#include <netcdf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int differences;
#define DIFFERENT(...) (printf(__VA_ARGS__), putchar('\n'), ++differences)

static void ok(int status, const char *what) {
  if (status == NC_NOERR) return;
  fprintf(stderr, "nc_compare: %s: %s\n", what, nc_strerror(status));
  exit(2);
}

static void *room(size_t n) {
  void *p = calloc(n ? n : 1, 1);
  if (!p) exit(2);
  return p;
}

typedef struct {
  char name[NC_MAX_NAME + 1];
  size_t size, members;
  nc_type base;
  int kind; /* 0: one of NetCDF's own */
} type_info;

static type_info info_of(int group, nc_type type) {
  type_info t = {"", 0, 0, type, 0};
  if (type <= NC_MAX_ATOMIC_TYPE) {
    ok(nc_inq_type(group, type, t.name, &t.size), "type");
    return t;
  }
  ok(nc_inq_user_type(group, type, t.name, &t.size, &t.base, &t.members, &t.kind), "type");
  return t;
}

static int same_type(const char *where, int a, nc_type ta, int b, nc_type tb) {
  const type_info ia = info_of(a, ta), ib = info_of(b, tb);
  if (strcmp(ia.name, ib.name) || ia.kind != ib.kind || ia.base != ib.base || ia.members != ib.members) {
    DIFFERENT("%s: type %s is not %s", where, ia.name, ib.name);
    return 0;
  }
  for (size_t i = 0; ia.kind == NC_ENUM && i < ia.members; ++i) {
    char na[NC_MAX_NAME + 1], nb[NC_MAX_NAME + 1];
    long long va = 0, vb = 0;
    ok(nc_inq_enum_member(a, ta, (int)i, na, &va), where);
    ok(nc_inq_enum_member(b, tb, (int)i, nb, &vb), where);
    if (strcmp(na, nb) || memcmp(&va, &vb, ia.size)) DIFFERENT("%s: member %s of %s is not %s", where, na, ia.name, nb);
  }
  return 1;
}

/* n elements of a type that is the same in both. */
static void compare_elements(const char *where, const type_info *t, size_t n, const char *a, const char *b) {
  for (size_t i = 0; i < n; ++i) {
    if (t->kind == NC_VLEN) {
      const nc_vlen_t *la = (const nc_vlen_t *)a + i, *lb = (const nc_vlen_t *)b + i;
      size_t width = 0;
      ok(nc_inq_type(0, t->base, NULL, &width), where);
      if (la->len != lb->len || memcmp(la->p ? la->p : "", lb->p ? lb->p : "", la->len * width)) {
        DIFFERENT("%s: list %zu differs", where, i);
        return;
      }
    } else if (t->base == NC_STRING) {
      const char *sa = ((char *const *)a)[i], *sb = ((char *const *)b)[i];
      if (strcmp(sa ? sa : "", sb ? sb : "")) {
        DIFFERENT("%s: text %zu: \"%s\" is not \"%s\"", where, i, sa ? sa : "", sb ? sb : "");
        return;
      }
    } else if (memcmp(a + i * t->size, b + i * t->size, t->size)) {
      DIFFERENT("%s: element %zu of %zu differs", where, i, n);
      return;
    }
  }
}

/* What libnetcdf allocated for n elements. */
static void give_back(const type_info *t, size_t n, void *elements) {
  if (t->kind == NC_VLEN) nc_free_vlens(n, elements);
  else if (t->base == NC_STRING) nc_free_string(n, elements);
  free(elements);
}

static void compare_attributes(const char *where, int a, int va, int b, int vb) {
  int na = 0, nb = 0;
  ok(va == NC_GLOBAL ? nc_inq_natts(a, &na) : nc_inq_varnatts(a, va, &na), where);
  ok(vb == NC_GLOBAL ? nc_inq_natts(b, &nb) : nc_inq_varnatts(b, vb, &nb), where);
  if (na != nb) DIFFERENT("%s: %d attributes are not %d", where, na, nb);
  for (int i = 0; i < na; ++i) {
    char name[NC_MAX_NAME + 1], here[3000];
    nc_type ta, tb;
    size_t sa, sb;
    ok(nc_inq_attname(a, va, i, name), where);
    snprintf(here, sizeof here, "%s:%s", where, name);
    ok(nc_inq_att(a, va, name, &ta, &sa), here);
    if (nc_inq_att(b, vb, name, &tb, &sb) != NC_NOERR) {
      DIFFERENT("%s is missing", here);
      continue;
    }
    if (!same_type(here, a, ta, b, tb)) continue;
    if (sa != sb) {
      DIFFERENT("%s: length %zu is not %zu", here, sa, sb);
      continue;
    }
    const type_info t = info_of(a, ta);
    void *pa = room(sa * t.size), *pb = room(sa * t.size);
    ok(nc_get_att(a, va, name, pa), here);
    ok(nc_get_att(b, vb, name, pb), here);
    compare_elements(here, &t, sa, pa, pb);
    give_back(&t, sa, pa);
    give_back(&t, sa, pb);
  }
}

static void path_of(int group, char *path) {
  size_t n = 0;
  if (nc_inq_grpname_full(group, &n, path) != NC_NOERR) strcpy(path, "/");
}

static int is_unlimited(int group, int dimension) {
  for (;;) {
    int n = 0, ids[NC_MAX_DIMS];
    if (nc_inq_unlimdims(group, &n, ids) == NC_NOERR)
      for (int i = 0; i < n; ++i)
        if (ids[i] == dimension) return 1;
    if (nc_inq_grp_parent(group, &group) != NC_NOERR) return 0;
  }
}

/* Name, size, whether unlimited, of the variable's or the group's own dimensions. */
static void compare_dimensions(const char *where, int a, const int *da, int b, const int *db, int n) {
  for (int i = 0; i < n; ++i) {
    char na[NC_MAX_NAME + 1], nb[NC_MAX_NAME + 1];
    size_t sa, sb;
    ok(nc_inq_dim(a, da[i], na, &sa), where);
    ok(nc_inq_dim(b, db[i], nb, &sb), where);
    if (strcmp(na, nb) || sa != sb || is_unlimited(a, da[i]) != is_unlimited(b, db[i]))
      DIFFERENT("%s: dimension %s = %zu%s is not %s = %zu%s", where, na, sa, is_unlimited(a, da[i]) ? ", unlimited" : "", nb, sb,
                is_unlimited(b, db[i]) ? ", unlimited" : "");
  }
}

static void compare_variable(const char *where, int a, int va, int b, int vb) {
  nc_type ta, tb;
  int na, nb, da[NC_MAX_VAR_DIMS], db[NC_MAX_VAR_DIMS];
  ok(nc_inq_var(a, va, NULL, &ta, &na, da, NULL), where);
  ok(nc_inq_var(b, vb, NULL, &tb, &nb, db, NULL), where);
  compare_attributes(where, a, va, b, vb);
  if (!same_type(where, a, ta, b, tb)) return;
  if (na != nb) {
    DIFFERENT("%s: %d dimensions are not %d", where, na, nb);
    return;
  }
  const int before = differences;
  compare_dimensions(where, a, da, b, db, na);
  if (differences != before) return;
  size_t n = 1, start[NC_MAX_VAR_DIMS] = {0}, count[NC_MAX_VAR_DIMS];
  for (int i = 0; i < na; ++i) {
    ok(nc_inq_dimlen(a, da[i], &count[i]), where);
    n *= count[i];
  }
  const type_info t = info_of(a, ta);
  void *pa = room(n * t.size), *pb = room(n * t.size);
  if (n) {
    ok(nc_get_vara(a, va, start, count, pa), where);
    ok(nc_get_vara(b, vb, start, count, pb), where);
  }
  compare_elements(where, &t, n, pa, pb);
  give_back(&t, n, pa);
  give_back(&t, n, pb);
}

static void compare_groups(int a, int b) {
  char where[2000];
  path_of(a, where);
  int na, nb;
  static int da[NC_MAX_DIMS], db[NC_MAX_DIMS];
  ok(nc_inq_dimids(a, &na, da, 0), where);
  ok(nc_inq_dimids(b, &nb, db, 0), where);
  if (na != nb) DIFFERENT("%s: %d dimensions are not %d", where, na, nb);
  else compare_dimensions(where, a, da, b, db, na);
  compare_attributes(where, a, NC_GLOBAL, b, NC_GLOBAL);
  ok(nc_inq_nvars(a, &na), where);
  ok(nc_inq_nvars(b, &nb), where);
  if (na != nb) DIFFERENT("%s: %d variables are not %d", where, na, nb);
  for (int i = 0; i < na && i < nb; ++i) {
    char ca[NC_MAX_NAME + 1], cb[NC_MAX_NAME + 1], here[2600];
    ok(nc_inq_varname(a, i, ca), where);
    ok(nc_inq_varname(b, i, cb), where);
    snprintf(here, sizeof here, "%s%s%s", where, where[1] ? "/" : "", ca);
    if (strcmp(ca, cb)) DIFFERENT("%s is not %s", here, cb);
    else compare_variable(here, a, i, b, i);
  }
  int ga[256], gb[256];
  ok(nc_inq_grps(a, &na, ga), where);
  ok(nc_inq_grps(b, &nb, gb), where);
  if (na != nb) DIFFERENT("%s: %d groups are not %d", where, na, nb);
  for (int i = 0; i < na && i < nb; ++i) {
    char ca[2000], cb[2000];
    path_of(ga[i], ca);
    path_of(gb[i], cb);
    if (strcmp(ca, cb)) DIFFERENT("%s: group %s is not %s", where, ca, cb);
    else compare_groups(ga[i], gb[i]);
  }
}

int main(int argc, char **argv) {
  int a, b, fa, fb;
  if (argc != 3) return 2;
  ok(nc_open(argv[1], NC_NOWRITE, &a), argv[1]);
  ok(nc_open(argv[2], NC_NOWRITE, &b), argv[2]);
  ok(nc_inq_format(a, &fa), argv[1]);
  ok(nc_inq_format(b, &fb), argv[2]);
  if (fa != fb) DIFFERENT("format %d is not %d", fa, fb);
  compare_groups(a, b);
  nc_close(a);
  nc_close(b);
  return differences != 0;
}
