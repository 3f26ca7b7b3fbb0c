"""A small right registry folder to spoil, line by line."""
# ruff: noqa: E501 - lines of CSV are as long as they are

from pathlib import Path

FILES = {
    "companies.csv": """\
credit_code,customs_code,name,roles,credit_class
91350100M000100Y43,9999W6A001,甲仓,warehouse;declarant,认证
91350100M000200Y3P,9999W6A002,乙店,shop,常规
""",
    "vehicles.csv": """\
plate,card_no,tare_kg,company_customs_code
测A00001,IC1,6800.5,9999W6A001
""",
    "products.csv": """\
item_no,name_zh,name_en,gtin,hs10,spec,origin_num,origin_alpha3,unit,unit1,unit1_num,unit1_den,unit2,unit2_num,unit2_den,net_g,gross_g,vat_rate,consumption_tax_rate,duty_rate,positive_list,yearly_max_qty,shelf_life_days,storage_class,temp_min_c,temp_max_c,rh_max_pct
TEA,红茶,Tea,4006381333931,0902409000,250克/盒,125,NPL,140,035,1,4,,,,250,310,0.09,0,0.15,yes,,730,AMBIENT,5,30,70
SHAWL,披肩,Shawl,,6214200090,大号,125,NPL,015,011,1,1,035,7,50,140,220.5,0.13,0,0.06,yes,4,,AMBIENT,5,30,
""",
    "places.csv": """\
warehouse,warehouse_kind,location,zone,aisle,bay,level,regime,in_zone,purpose,storage_class
W1,BONDED,W1-A-1,A,1,1,1,BONDED,yes,STORE,AMBIENT
W1,BONDED,W1-D-1,D,1,1,1,BONDED,yes,DAMAGED,AMBIENT
K1,OVERSEAS_KATHMANDU,K1-A-1,A,1,1,1,FOREIGN,no,STORE,AMBIENT
""",
    "users.csv": """\
user,name,role,company_customs_code
k1,仓甲,warehouse,9999W6A001
o1,关甲,officer,
""",
    "account_book.json": """\
{"bwsNo": "T1", "bwlTypecd": "Z", "appendTypecd": "可累计", "areainEtpsno": "9999W6A001",
 "areainEtpsSccd": "91350100M000100Y43", "areainEtpsNm": "甲仓", "masterCuscd": "8899",
 "opening_at": "2026-03-01T00:00:00", "status": "active", "lines": [
 {"gdsSeqno": 1, "gdsMtno": "TEA", "gdecd": "0902409000", "gdsNm": "红茶",
  "gdsSpcfModelDesc": "250克/盒", "natcd": "125", "dclUnitcd": "140", "lawfUnitcd": "035", "secdLawfUnitcd": "", "actlIncQty": "30",
  "actlRedcQty": "10", "prevdIncQty": "0", "prevdRedcQty": "0", "cusmExeMarkcd": "1"}]}
""",
    "opening_lots.csv": """\
location,regime,item_no,lot,expiry,qty
W1-A-1,BONDED,TEA,L1,2027-01-31,20
K1-A-1,FOREIGN,TEA,L1,2027-01-31,5
""",
    "yearly_spent.csv": "buyer_id,year,spent_cny\n999999190001010000,2026,12.34\n",
    "yearly_qty.csv": "buyer_id,year,item_no,qty\n999999190001010000,2026,SHAWL,3\n",
}


def write_folder(folder: Path, **spoilt: tuple[str, str] | None) -> Path:
    """The right folder, except: ``products=("TEA,红茶", ",红茶")`` replaces text, None leaves the file out."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in FILES.items():
        change = spoilt.get(name.split(".")[0], ("", ""))
        if change is None:
            continue
        old, new = change
        assert old in content
        (folder / name).write_text(content.replace(old, new, 1) if old else content, "utf-8")
    return folder
