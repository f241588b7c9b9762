import { describe, expect, test } from 'vitest'
import { loadWordVectors } from '../../src/ranker/meaning/word-vectors.ts'
import { createRanker } from '../../src/ranker/ranker.ts'
import { languageOf } from '../../src/ranker/reading.ts'
import { listOf } from '../support/tag-lists.ts'

const vectors = loadWordVectors()
const rankerOf = (...names: string[]) =>
  createRanker(listOf(names.map((name, index) => ({ id: index + 1, name }))), { vectors })

const german = ['Datenbank', 'Netzwerk', 'Sicherheit', 'Buch', 'Töpferei', 'Spiel', 'Oper']
const russian = ['Сеть', 'База данных', 'Безопасность', 'Опера', 'Шахматы', 'Изображение']
const polish = ['Baza danych', 'Sieć', 'Bezpieczeństwo', 'Opera', 'Szachy', 'Język programowania']
const korean = ['네트워크', '보안', '데이터베이스', '오페라', '체스', '요리']
const arabic = ['شبكة', 'أمان', 'قاعدة بيانات', 'شطرنج', 'أوبرا']
const hebrew = ['רשת', 'אבטחה', 'שחמט', 'אופרה']
const turkish = ['Ağ', 'Güvenlik', 'Veritabanı', 'İstanbul', 'Satranç', 'Opera']
const japanese = ['データベース', 'サーバー', 'ネットワーク', 'オペラ', 'チェス']

test.each<[string, string[], string, string[]]>([
  [
    'German plurals',
    german,
    '# Werkzeug\n\nDie Verwaltung von Datenbanken in allen Netzwerken.',
    ['Datenbank', 'Netzwerk'],
  ],
  ['German vowel changes', german, '# Regal\n\nEine Sammlung für Bücher und Spiele.', ['Buch', 'Spiel']],
  [
    'German compounds',
    german,
    '# Werkzeug\n\nEs prüft Netzwerkpakete und die Datenbanksicherheit.',
    ['Netzwerk', 'Datenbank', 'Sicherheit'],
  ],
  ['Russian cases', russian, '# Трассировщик\n\nИнструмент для анализа сетей и баз данных.', ['Сеть', 'База данных']],
  ['Russian capitals', russian, '# СЕТИ\n\nИ БЕЗОПАСНОСТИ, что за инструмент.', ['Сеть', 'Безопасность']],
  [
    'Polish cases',
    polish,
    '# Narzędzie\n\nNarzędzie do zarządzania bazami danych i bezpieczeństwem sieci.',
    ['Baza danych', 'Sieć', 'Bezpieczeństwo'],
  ],
  ['Korean particles', korean, '# 도구\n\n네트워크를 검사하고 보안을 지키는 도구입니다.', ['네트워크', '보안']],
  ['Arabic articles and plurals', arabic, '# أداة\n\nأداة تفحص الشبكات والأمان في النظام.', ['شبكة', 'أمان']],
  ['Arabic points and stretches', arabic, '# أداة\n\nهذه أداة من أجل الشَّبَكَةِ والأمـــان.', ['شبكة', 'أمان']],
  ['Hebrew articles and prepositions', hebrew, '# כלי\n\nכלי של אבטחה ברשת, והאבטחה של הרשתות.', ['רשת', 'אבטחה']],
  ['Turkish dotted and undotted i', turkish, '# ISTANBUL\n\nİSTANBUL ve istanbul için bir rehber.', ['İstanbul']],
  [
    'Turkish endings',
    turkish,
    '# Araç\n\nVeritabanlarını ve ağları izleyen bir güvenliği aracı.',
    ['Ağ', 'Güvenlik', 'Veritabanı'],
  ],
  [
    'Traditional characters against a simplified list',
    ['数据库', '网络', '安全', '歌剧'],
    '# 工具\n\n一個管理數據庫的網絡工具。',
    ['数据库', '网络'],
  ],
  [
    'Simplified characters against a traditional list',
    ['數據庫', '網絡', '安全', '歌劇'],
    '# 工具\n\n一个管理数据库的网络工具。',
    ['數據庫', '網絡'],
  ],
  [
    'the Japanese sound mark before Latin letters',
    japanese,
    '# 道具\n\nデータベースAPIとサーバーAPIを管理します。',
    ['データベース', 'サーバー'],
  ],
  ['half-width Japanese', japanese, '# 道具\n\nﾃﾞｰﾀﾍﾞｰｽを管理します。', ['データベース']],
  [
    'Spanish plurals',
    ['red', 'base de datos', 'seguridad', 'ajedrez'],
    '# Herramienta\n\nUna herramienta para las redes y bases de datos.',
    ['red', 'base de datos'],
  ],
  [
    'French plurals',
    ['réseau', 'base de données', 'sécurité', 'échecs'],
    '# Outil\n\nUn outil pour les réseaux et les bases de données.',
    ['réseau', 'base de données'],
  ],
  [
    'Italian plurals',
    ['rete', 'immagine', 'sicurezza', 'scacchi'],
    '# Strumento\n\nUno strumento per le reti e le immagini.',
    ['rete', 'immagine'],
  ],
  [
    'Portuguese plurals',
    ['rede', 'imagem', 'segurança', 'xadrez'],
    '# Ferramenta\n\nUma ferramenta para redes e a segurança.',
    ['rede', 'segurança'],
  ],
  [
    'Dutch compounds',
    ['netwerk', 'beveiliging', 'schaken'],
    '# Hulp\n\nEen hulpmiddel voor netwerkbeveiliging van het systeem.',
    ['netwerk', 'beveiliging'],
  ],
  [
    'Swedish definite forms',
    ['nätverk', 'säkerhet', 'schack'],
    '# Verktyg\n\nEtt verktyg för nätverket och säkerheten.',
    ['nätverk', 'säkerhet'],
  ],
  [
    'Finnish cases',
    ['verkko', 'tietokanta', 'shakki'],
    '# Työkalu\n\nTyökalu verkkojen ja tietokantojen hallintaan, ja se on nopea.',
    ['tietokanta', 'verkko'],
  ],
  [
    'Czech cases',
    ['databáze', 'síť', 'šachy'],
    '# Nástroj\n\nNástroj pro správu databází a sítí.',
    ['databáze', 'síť'],
  ],
  [
    'Ukrainian cases',
    ['Мережа', 'Безпека', 'Шахи'],
    '# Засіб\n\nЗасіб для мереж і їхньої безпеки.',
    ['Мережа', 'Безпека'],
  ],
  [
    'Greek cases',
    ['Δίκτυο', 'Ασφάλεια', 'Σκάκι'],
    '# Εργαλείο\n\nΕργαλείο για την ασφάλεια των δικτύων.',
    ['Δίκτυο', 'Ασφάλεια'],
  ],
  ['Hindi plurals', ['नेटवर्क', 'सुरक्षा', 'शतरंज'], '# औज़ार\n\nनेटवर्कों की सुरक्षा के लिए एक औज़ार है।', ['नेटवर्क', 'सुरक्षा']],
  [
    'Hungarian endings',
    ['adatbázis', 'hálózat', 'sakk'],
    '# Eszköz\n\nEgy eszköz az adatbázisok és a hálózatok kezelésére.',
    ['adatbázis', 'hálózat'],
  ],
])('%s are found', (_, names, text, expected) => {
  const ranker = rankerOf(...names)
  expect(
    ranker
      .select(text, 3)
      .map(({ tag }) => tag.name)
      .sort(),
  ).toEqual([...expected].sort())
  expect(ranker.canRead(text)).toBe(true)
})

test('the commonest words of a language name no tag', () => {
  expect(rankerOf(...german).select('# Notiz\n\nEs hat sich für die Leute und auch nicht für sich.', 3)).toEqual([])
})

const englishList = rankerOf('networking', 'security', 'command line', 'database', 'opera', 'chess', 'pottery')

test.each([
  ['Russian', 'Инструмент командной строки, который прослеживает пакеты Linux в ядре.'],
  ['Arabic', 'أداة سطر أوامر تتتبع حزم الشبكة داخل النواة وتفحص الأمان.'],
  ['Korean', '커널을 지나는 네트워크 패킷을 추적하고 보안을 검사하는 명령줄 도구입니다.'],
  ['Chinese', '一个跟踪内核中网络数据包并检查安全的命令行工具,用于 Linux 和 Docker。'],
  ['Japanese', 'カーネルを通るパケットを追跡するコマンドラインツールです。'],
  ['German', 'Ein Werkzeug, das Pakete durch den Kern verfolgt und die Sicherheit prüft.'],
  ['Polish', 'Narzędzie wiersza poleceń, które śledzi pakiety w jądrze i sprawdza bezpieczeństwo.'],
  ['Turkish', 'Çekirdekteki ağ paketlerini izleyen ve güvenliği denetleyen bir komut satırı aracı.'],
  ['Greek', 'Εργαλείο γραμμής εντολών που παρακολουθεί πακέτα δικτύου.'],
  ['Hebrew', 'כלי שורת פקודה שעוקב אחר מנות רשת.'],
  ['Thai', 'เครื่องมือบรรทัดคำสั่งที่ติดตามแพ็กเก็ตเครือข่าย'],
  ['Georgian', 'ბრძანების ხაზის ინსტრუმენტი ქსელის პაკეტებისთვის'],
  ['Bengali', 'নেটওয়ার্ক প্যাকেট অনুসরণ করার একটি কমান্ড লাইন টুল'],
  ['Vietnamese', 'Công cụ dòng lệnh để theo dõi các gói mạng đi qua nhân và kiểm tra bảo mật.'],
  ['Swahili', 'Zana ya mstari wa amri inayofuatilia pakiti za mtandao kupitia kiini.'],
])('a text in %s cannot be read with an English list', (_, text) => {
  expect(englishList.canRead(`# Retis\n\n${text}`)).toBe(false)
})

test.each([
  ['prose', '# Packet tracer\n\nTraces network packets through the kernel.'],
  ['names and no sentence', '# k3d\n\nKubernetes in Docker'],
  ['a foreign name', '# Zürich\n\nA weather tool for Zürich and Genève.'],
  ['code alone', '```sh\nnpm install --global otters\n```'],
  [
    'a line in another script',
    '# Devs\n\nServerless developer tool for the cloud, with deployment and testing (开发者).',
  ],
  ['numbers', '# 2026\n\n12 34 56'],
])('English text is read: %s', (_, text) => {
  expect(englishList.canRead(text)).toBe(true)
})

test('English text is not read with a list in another script alone', () => {
  expect(rankerOf(...russian).canRead('# Packet tracer\n\nTraces network packets through the kernel.')).toBe(false)
})

describe('languageOf', () => {
  test.each([
    ['de', 'Ein Werkzeug für Netzwerke und Datenbanken'],
    ['pl', 'Narzędzie do zarządzania bazami danych'],
    ['ru', 'Инструмент командной строки'],
    ['uk', 'Інструмент командного рядка для мережевих пакетів'],
    ['ja', '東京の天気'],
    ['zh', '北京天气'],
    ['fa', 'ابزاری برای شبکه که بسته‌ها را می‌پاید'],
    ['en', 'A tool that traces packets'],
    [undefined, 'npm docker kubernetes'],
    [undefined, ''],
    [undefined, 'ქსელი'],
  ])('%s: %s', (code, text) => {
    expect(languageOf(text)?.code).toBe(code)
  })
})
