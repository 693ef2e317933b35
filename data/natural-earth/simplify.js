const fs=require("fs"),S=require("topojson-simplify"),C=require("topojson-client");
let t=JSON.parse(fs.readFileSync("package/countries-10m.json"));
const s=+process.argv[2]; delete t.objects.land;
t=S.presimplify(t,S.sphericalTriangleArea); t=S.simplify(t,s);
t=S.filter(t,S.filterWeight(t,s,S.sphericalRingArea)); delete t.transform; t=C.quantize(t,1e5);
for(const g of t.objects.countries.geometries){delete g.id}
fs.writeFileSync(process.argv[3],JSON.stringify(t));
